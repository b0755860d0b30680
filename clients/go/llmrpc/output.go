package llmrpc

import (
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/llmrpc/llmrpc/clients/go/llmrpcv1"
)

// ErrNotParsed says that an answer holds no message: none was asked for, or the model waits for a tool.
var ErrNotParsed = errors.New("llmrpc: the answer holds no message")

// OutputOf asks for an answer that is an instance of the message's type.
func OutputOf(message proto.Message) *llmrpcv1.OutputFormat {
	descriptor := message.ProtoReflect().Descriptor()
	files := &descriptorpb.FileDescriptorSet{}
	collect(descriptor.ParentFile(), files, map[string]bool{})
	// A set of descriptors that this program was built with can be serialized.
	set, _ := proto.Marshal(files)
	return &llmrpcv1.OutputFormat{Format: &llmrpcv1.OutputFormat_Protobuf{Protobuf: &llmrpcv1.ProtobufFormat{
		TypeName:          string(descriptor.FullName()),
		FileDescriptorSet: set,
	}}}
}

// Parse reads the answer to OutputOf into a message of that type.
func Parse(answer *llmrpcv1.CompleteResponse, message proto.Message) error {
	if answer.GetParsed() == nil || answer.GetParsed().GetTypeName() == "" {
		return ErrNotParsed
	}
	return proto.Unmarshal(answer.GetParsed().GetProtobuf(), message)
}

// collect adds a file after those that it imports.
func collect(file protoreflect.FileDescriptor, files *descriptorpb.FileDescriptorSet, seen map[string]bool) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	imports := file.Imports()
	for i := range imports.Len() {
		collect(imports.Get(i).FileDescriptor, files, seen)
	}
	files.File = append(files.File, protodesc.ToFileDescriptorProto(file))
}
