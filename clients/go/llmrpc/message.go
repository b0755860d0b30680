package llmrpc

import (
	"strings"

	"github.com/llmrpc/llmrpc/clients/go/llmrpcv1"
)

// User is a message of the user with one text part.
func User(text string) *llmrpcv1.Message {
	return &llmrpcv1.Message{
		Role:  llmrpcv1.Role_ROLE_USER,
		Parts: []*llmrpcv1.ContentPart{{Kind: &llmrpcv1.ContentPart_Text{Text: text}}},
	}
}

// Text is the text of a message: its text parts joined. Reasoning, refusals and tool calls are not in it.
func Text(message *llmrpcv1.Message) string {
	var text strings.Builder
	for _, part := range message.GetParts() {
		text.WriteString(part.GetText())
	}
	return text.String()
}
