package finding_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// sample is a stream with one message of each kind.
func sample() []*finding.Message {
	return []*finding.Message{
		{Config: &finding.Config{Protocol: finding.Protocol, Version: "v0.1.0", Go: "go1.26", GOOS: "linux", GOARCH: "amd64", Command: "confirm", Args: []string{"./..."}}},
		{Progress: &finding.Progress{Message: "building <old>", Done: 1, Total: 2}},
		{Finding: &finding.Finding{
			ID: "0123456789abcdef", Analyzer: "profilestop", Category: "profilestop/exec", Severity: "error",
			Message: "cpu profile is lost", Package: "example.test/a",
			Posn:    finding.Position{File: "main.go", Line: 3, Column: 2},
			End:     finding.Position{File: "main.go", Line: 3, Column: 9},
			Related: []finding.Related{{Posn: finding.Position{File: "b.go", Line: 1, Column: 1}, Message: "here"}},
			Fixes:   []finding.Fix{{Message: "Stop", Edits: []finding.Edit{{File: "main.go", Start: 1, End: 1, New: "x"}}}},
		}},
		{Evidence: &finding.Evidence{Finding: "0123456789abcdef", Kind: "profile-size", Text: "0 bytes", Data: json.RawMessage(`{"bytes":0}`)}},
		{Verdict: &finding.Verdict{Finding: "0123456789abcdef", Result: finding.Confirmed, Reason: "0 bytes"}},
		{Decision: &finding.Decision{Result: "deny", Rows: []finding.Row{{Check: "layout", Result: "unknown", Reason: "no DWARF"}}}},
		{Summary: &finding.Summary{Findings: 1, ByCategory: map[string]int{"profilestop/exec": 1}}},
	}
}

func TestRoundTrip(t *testing.T) {
	var buf bytes.Buffer
	w := finding.NewWriter(&buf)
	for _, m := range sample() {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(buf.String()), "\n") {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil || len(object) != 1 {
			t.Errorf("line has %d keys, want one (%v): %s", len(object), err, line)
		}
	}
	got, err := finding.ReadAll(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, sample()) {
		t.Errorf("read back differently:\n%v\n%v", got, sample())
	}
}

func TestReadErrors(t *testing.T) {
	const ok = `{"progress":{"message":"x"}}` + "\n"
	for name, test := range map[string]struct{ line, want string }{
		"array":         {`[]`, "line 2: not a JSON object"},
		"empty line":    {``, "line 2: not a JSON object"},
		"empty object":  {`{}`, "line 2: object has no key"},
		"unknown":       {`{"finding2":{}}`, `line 2: unknown key "finding2"`},
		"case":          {`{"Progress":{"message":"x"}}`, `unknown key "Progress"`},
		"unknown deep":  {`{"progress":{"msg":"x"}}`, `progress: json: unknown field "msg"`},
		"two":           {`{"progress":{"message":"x"},"summary":{}}`, `second key "summary"`},
		"twice":         {`{"progress":{"message":"x"},"progress":{}}`, `second key "progress"`},
		"two objects":   {`{"progress":{"message":"x"}} {}`, "more than one object"},
		"null":          {`{"progress":null}`, "progress is null"},
		"cut":           {`{"progress":{"message":`, "progress: unexpected EOF"},
		"protocol":      {`{"config":{"protocol":"2"}}`, `protocol "2", this hotvet reads "1"`},
		"no id":         {`{"finding":{"analyzer":"a","category":"a/b"}}`, "no id"},
		"category":      {`{"finding":{"id":"1","analyzer":"a","category":"b/b"}}`, `category "b/b" does not begin with analyzer "a"`},
		"position":      {`{"finding":{"id":"1","analyzer":"a","category":"a/b"}}`, "no position"},
		"edit":          {`{"finding":{"id":"1","analyzer":"a","category":"a/b","posn":{"file":"f","line":1},"fixes":[{"edits":[{"file":"f","start":4,"end":3}]}]}}`, "offsets 4,3"},
		"evidence":      {`{"evidence":{}}`, "evidence: no finding"},
		"verdict":       {`{"verdict":{"finding":"1","result":"maybe"}}`, `result is "maybe"`},
		"decision":      {`{"decision":{"result":"yes"}}`, `result is "yes"`},
		"contradicting": {`{"decision":{"result":"allow","rows":[{"check":"c","result":"fail","reason":"r"}]}}`, `it allows although row c fails`},
		"row":           {`{"decision":{"result":"deny","rows":[{"check":"c","result":"?"}]}}`, `row c is "?"`},
		"long":          {`{"progress":{"message":"` + strings.Repeat("x", finding.MaxLine) + `"}}`, "line 2: longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := finding.ReadAll(strings.NewReader(ok + test.line + "\n" + ok))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestWriteErrors(t *testing.T) {
	var buf bytes.Buffer
	w := finding.NewWriter(&buf)
	for _, m := range []*finding.Message{
		{},
		{Progress: &finding.Progress{}, Summary: &finding.Summary{}},
		{Verdict: &finding.Verdict{Finding: "1", Result: "perhaps"}},
		{Progress: &finding.Progress{Message: strings.Repeat("x", finding.MaxLine)}},
	} {
		if err := w.Write(m); err == nil {
			t.Errorf("no error for %.80v", m)
		}
	}
	if buf.Len() > 0 {
		t.Errorf("%d bytes written for refused messages", buf.Len())
	}
}

// FuzzRead holds that whatever the reader accepts can be written and read again.
func FuzzRead(f *testing.F) {
	var buf bytes.Buffer
	w := finding.NewWriter(&buf)
	for _, m := range sample() {
		if err := w.Write(m); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(buf.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := finding.ReadAll(bytes.NewReader(data))
		if err != nil {
			return
		}
		var out bytes.Buffer
		w := finding.NewWriter(&out)
		for _, m := range list {
			if err := w.Write(m); err != nil {
				t.Fatalf("accepted message cannot be written: %v", err)
			}
		}
		again, err := finding.ReadAll(&out)
		if err != nil || len(again) != len(list) {
			t.Fatalf("%d messages became %d: %v", len(list), len(again), err)
		}
	})
}
