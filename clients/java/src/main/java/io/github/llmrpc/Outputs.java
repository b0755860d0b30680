package io.github.llmrpc;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.github.llmrpc.v1.OutputFormat;
import io.github.llmrpc.v1.ProtobufFormat;
import java.util.HashSet;
import java.util.Set;

/** Answers that are an instance of the caller's own message type. */
public final class Outputs {

  private Outputs() {}

  /**
   * Asks for an answer of a message type, for example {@code Outputs.of(Invoice.getDescriptor())}; then {@code
   * Invoice.parseFrom(answer.getParsed().getProtobuf())} is the answer.
   */
  public static OutputFormat of(Descriptor type) {
    FileDescriptorSet.Builder files = FileDescriptorSet.newBuilder();
    collect(type.getFile(), files, new HashSet<>());
    return OutputFormat.newBuilder()
        .setProtobuf(
            ProtobufFormat.newBuilder()
                .setTypeName(type.getFullName())
                .setFileDescriptorSet(files.build().toByteString()))
        .build();
  }

  /** Adds a file after those that it imports. */
  private static void collect(FileDescriptor file, FileDescriptorSet.Builder files, Set<String> seen) {
    if (seen.add(file.getName())) {
      file.getDependencies().forEach(imported -> collect(imported, files, seen));
      files.addFile(file.toProto());
    }
  }
}
