package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// TestHTMLSource holds that code is quoted when the file still has the place, and
// that a report is made all the same when not.
func TestHTMLSource(t *testing.T) {
	const code = "package a\n\nfunc f() {\n\tstart(\"<é>\")\n\texec()\n}\n\n// 8\n// 9\n// 10\n// 11\nfunc g() { stop() }\n// end\n"
	at := func(line, column int) finding.Position {
		return finding.Position{File: "sub/a.go", Line: line, Column: column}
	}
	f := &finding.Finding{ID: "aa", Analyzer: "x", Category: "x/y", Message: "m", Posn: at(4, 2), End: at(4, 14),
		Related: []finding.Related{{Posn: at(12, 12), Message: "the other end"}}}
	page := func(dir string) string {
		return string(renderIn(t, dir, "html", []*finding.Message{{Finding: f}}))
	}
	quoted := func(page string) bool { return strings.Contains(page, `class="excerpt"`) }
	dir := t.TempDir()
	if quoted(page(dir)) {
		t.Error("a missing file is quoted")
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "sub", "a.go")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(code)
	got := page(dir)
	for _, want := range []string{
		"<tr class=\"main\"><td class=\"line\">4</td><td><pre>\t<mark>start(&#34;&lt;é&gt;&#34;</mark>)</pre></td></tr>",
		`<tr class="hit"><td class="line">12</td><td><pre>func g() { stop() }</pre><span class="note">the other end</span></td></tr>`,
		`<td class="line">1</td>`, `<td class="line">7</td>`, `<tr class="gap">`, `<td class="line">11</td>`, `<td class="line">13</td>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	for _, other := range []string{`<td class="line">9</td>`, "has changed"} {
		if strings.Contains(got, other) {
			t.Errorf("%s in\n%s", other, got)
		}
	}
	for what, text := range map[string]string{"shorter": "package a\n", "narrower": strings.Repeat("\n", 20), "binary": code + "\x00", "huge": code + strings.Repeat("//\n", 4<<20/3)} {
		write(text)
		if got := page(dir); quoted(got) || !strings.Contains(got, "<code>sub/a.go:4:2</code>") || !strings.Contains(got, "the other end") {
			t.Errorf("a %s file: not told without code:\n%s", what, got)
		}
	}
	write(code)
	f.Posn.File, f.End.File, f.Related = "sub/a.txt", "sub/a.txt", nil
	if err := os.Rename(name, filepath.Join(dir, "sub", "a.txt")); err != nil {
		t.Fatal(err)
	}
	if quoted(page(dir)) {
		t.Error("a file that is no source code is quoted")
	}
	f.Posn.File = "sub"
	if quoted(page(dir)) {
		t.Error("a folder is quoted")
	}
}
