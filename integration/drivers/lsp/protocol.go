package lsp

import "encoding/json"

// The parts of LSP 3.17 that the client reads or writes, in its words.

// A Position counts from 0; Character is in UTF-16 code units.
type Position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// A Range is half open.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// A Location is a place in a file.
type Location struct {
	URI   string `json:"uri"`
	Range Range  `json:"range"`
}

// The severities of a [Diagnostic].
const (
	Error   = 1
	Warning = 2
	Info    = 3
	Hint    = 4
)

// A Diagnostic is one line of an editor's list of problems.
type Diagnostic struct {
	Range              Range            `json:"range"`
	Severity           int              `json:"severity,omitempty"`
	Code               any              `json:"code,omitempty"`
	CodeDescription    *CodeDescription `json:"codeDescription,omitempty"`
	Source             string           `json:"source,omitempty"`
	Message            string           `json:"message"`
	RelatedInformation []Related        `json:"relatedInformation,omitempty"`
	Data               json.RawMessage  `json:"data,omitempty"` // goes back with a request for actions
}

// CodeDescription is the link of a diagnostic's code.
type CodeDescription struct {
	Href string `json:"href"`
}

// Related is another place that a diagnostic tells of.
type Related struct {
	Location Location `json:"location"`
	Message  string   `json:"message"`
}

// A CodeAction is something that the editor offers to do.
type CodeAction struct {
	Title       string         `json:"title"`
	Kind        string         `json:"kind"`
	Diagnostics []Diagnostic   `json:"diagnostics"`
	Edit        *WorkspaceEdit `json:"edit"`
}

// A WorkspaceEdit changes files.
type WorkspaceEdit struct {
	DocumentChanges []struct {
		TextDocument struct {
			URI     string `json:"uri"`
			Version *int   `json:"version"`
		} `json:"textDocument"`
		Edits []TextEdit `json:"edits"`
	} `json:"documentChanges"`
}

// A TextEdit replaces a range of a file.
type TextEdit struct {
	Range   Range  `json:"range"`
	NewText string `json:"newText"`
}

type textDocument struct {
	URI        string `json:"uri"`
	LanguageID string `json:"languageId,omitempty"`
	Version    int    `json:"version,omitempty"`
	Text       string `json:"text,omitempty"`
}

type object = map[string]any

// capabilities are those of a modern editor, as far as diagnostics and fixes go.
var capabilities = object{
	"workspace": object{
		"configuration": true, "workspaceFolders": true,
		"workspaceEdit": object{"documentChanges": true},
	},
	"textDocument": object{
		"publishDiagnostics": object{"relatedInformation": true, "codeDescriptionSupport": true, "dataSupport": true, "versionSupport": true},
		"codeAction": object{
			"codeActionLiteralSupport": object{"codeActionKind": object{"valueSet": []string{"quickfix"}}},
			"dataSupport":              true,
			"resolveSupport":           object{"properties": []string{"edit"}},
		},
	},
	"window": object{"workDoneProgress": true},
}
