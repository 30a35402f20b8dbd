package lsp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadMessage(t *testing.T) {
	var buf bytes.Buffer
	c := newConn(&buf)
	if err := c.notify("some/method", object{"text": "ä"}); err != nil {
		t.Fatal(err)
	}
	m, err := readMessage(bufio.NewReader(&buf))
	if err != nil || m.Method != "some/method" || string(m.Params) != `{"text":"ä"}` {
		t.Errorf("message is %+v, error %v", m, err)
	}
	for _, bad := range []string{
		"", "Content-Length: 3\r\n", "Content-Length: 3\r\n\r\n{}", "Content-Length: -1\r\n\r\n", "Content-Length: x\r\n\r\n",
		"Content-Length: 999999999999\r\n\r\n{}", "Content-Type: none\r\n\r\n{}", "Content-Length: 2\r\n\r\n[]", "no header\r\n\r\n",
	} {
		if _, err := readMessage(bufio.NewReader(strings.NewReader(bad))); err == nil {
			t.Errorf("%q is taken for a message", bad)
		}
	}
}

func TestOffset(t *testing.T) {
	const text = "aä€𝄞z\nnext\n"
	for _, c := range []struct {
		line, character int
		want            string // what follows
	}{
		{0, 0, "aä€𝄞z\n"}, {0, 1, "ä€𝄞z\n"}, {0, 2, "€𝄞z\n"}, {0, 3, "𝄞z\n"}, {0, 5, "z\n"}, {0, 6, "\n"}, {0, 99, "\n"},
		{1, 0, "next\n"}, {1, 4, "\n"}, {2, 0, ""}, {2, 5, ""},
	} {
		at, err := offset(text, Position{c.line, c.character})
		if err != nil || !strings.HasPrefix(text[at:], c.want) || c.want == "" && at != len(text) {
			t.Errorf("offset of %d:%d is %d, %v; want the one of %q", c.line, c.character, at, err, c.want)
		}
	}
	if at, err := offset(text, Position{3, 0}); err == nil {
		t.Errorf("line 3 of two lines is at %d", at)
	}
}

func TestApply(t *testing.T) {
	edit := func(line1, char1, line2, char2 int, text string) TextEdit {
		return TextEdit{Range{Position{line1, char1}, Position{line2, char2}}, text}
	}
	got, err := apply("one\ntwo\n", []TextEdit{edit(1, 0, 1, 3, "2"), edit(0, 0, 0, 0, "a"), edit(0, 0, 0, 0, "b"), edit(0, 3, 1, 0, " ")})
	if want := "abone 2\n"; err != nil || got != want {
		t.Errorf("text is %q, %v; want %q", got, err, want)
	}
	for _, bad := range [][]TextEdit{
		{edit(0, 0, 0, 2, ""), edit(0, 1, 0, 3, "")}, {edit(0, 2, 0, 1, "")}, {edit(9, 0, 9, 0, "")}, {edit(0, 0, 9, 0, "")},
	} {
		if got, err := apply("one\ntwo\n", bad); err == nil {
			t.Errorf("%v make %q", bad, got)
		}
	}
}

func TestURI(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a b", "ä%2F#.go")
	if got, err := File(URI(file)); err != nil || got != file {
		t.Errorf("file is %q, %v; want %q", got, err, file)
	}
	if got, err := File("http://host/file"); err == nil {
		t.Errorf("an address of another kind is the file %q", got)
	}
}

// TestMain makes the test binary a server: one that answers, and one that ends
// when it is asked something.
func TestMain(m *testing.M) {
	if as := os.Getenv("LSP_TEST_SERVER"); as != "" {
		serve(as == "ends")
		return
	}
	os.Exit(m.Run())
}

// serve asks for the settings, and reports what it got as a diagnostic of each
// file that is opened.
func serve(ends bool) {
	c := newConn(os.Stdout)
	opened := make(chan textDocument, 1)
	go func() {
		for doc := range opened {
			var settings []any
			if c.call(context.Background(), "workspace/configuration", object{"items": []object{{}}}, &settings) == nil {
				text, _ := json.Marshal(settings)
				c.notify("textDocument/publishDiagnostics", object{"uri": doc.URI, "version": doc.Version, "diagnostics": []Diagnostic{{Message: string(text)}}})
			}
		}
	}()
	c.read(os.Stdin, func(method string, params json.RawMessage) any {
		switch method {
		case "initialize":
			if ends {
				os.Exit(1)
			}
		case "exit":
			os.Exit(0)
		case "textDocument/didOpen":
			var p struct{ TextDocument textDocument }
			if json.Unmarshal(params, &p) == nil {
				opened <- p.TextDocument
			}
		}
		return nil
	})
}

func server(t *testing.T, as string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "LSP_TEST_SERVER="+as)
	return cmd
}

func TestClient(t *testing.T) {
	cmd := server(t, "answers")
	c, err := Start(t.Context(), cmd, object{"switch": true})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(cmd.Dir, "a.go")
	if err := os.WriteFile(file, []byte("package a\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := c.Open(file); err != nil {
		t.Fatal(err)
	}
	list, err := c.Wait(t.Context(), file, func(list []Diagnostic) bool { return len(list) == 1 })
	if err != nil || list[0].Message != `[{"switch":true}]` {
		t.Errorf("diagnostics are %+v, %v; want one with the settings", list, err)
	}
	if err := c.Change(file, "package b\n"); err != nil {
		t.Fatal(err)
	}
	// Nothing is published for the new version, and the old does not count.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if list, err := c.Wait(ctx, file, func([]Diagnostic) bool { return true }); err == nil {
		t.Errorf("diagnostics %+v are for a text that was replaced", list)
	}
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "package b\n" {
		t.Errorf("saved is %q, %v", text, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestServerEnds holds that a server which dies is an error, and not a wait.
func TestServerEnds(t *testing.T) {
	if _, err := Start(t.Context(), server(t, "ends"), nil); err == nil || !strings.Contains(err.Error(), "the server has ended") {
		t.Errorf("error is %v", err)
	}
}
