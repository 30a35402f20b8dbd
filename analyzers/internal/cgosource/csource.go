package cgosource

import (
	"go/ast"
	"go/build"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource/ctext"
)

// Limits of what is read of a folder. Sources beyond them are libraries put into
// one file, which know nothing of the package's exports.
const (
	maxFile   = 2 << 20  // bytes
	maxFolder = 16 << 20 // bytes
)

// A source is C text and its place in the file set.
type source struct {
	text string
	// chunks map offsets of text to positions; a file on disk has none until
	// a position in it is asked for.
	chunks []chunk
	file   string
}

// A chunk is one comment of a preamble.
type chunk struct {
	off int
	pos token.Pos
}

// loadC reads the preambles and the C files beside them.
func (p *Package) loadC() {
	goos := build.Default.GOOS
	var units []*ctext.Unit
	add := func(s *source) {
		u := ctext.Parse(s.text, goos)
		p.sources[u] = s
		units = append(units, u)
	}
	dirs := make(map[string]bool)
	for _, f := range p.files {
		if s := preamble(importC(p.pass.Fset, f)); s != nil {
			add(s)
		}
		dirs[home(p.pass.Fset, f)] = true
	}
	for dir := range dirs {
		for _, s := range folder(dir) {
			add(s)
		}
	}
	var names []string
	for _, e := range p.Exports {
		names = append(names, e.Name)
	}
	p.C = ctext.NewProgram(units, names)
}

// home returns the folder of the file that f is or was made from. Bazel lets cmd/cgo
// write names relative to the folder that all tools run in (cgo2.go in rules_go's
// go/tools/builders), and go/scanner joins them to the folder of what cmd/cgo made.
func home(fset *token.FileSet, f *ast.File) string {
	dir := filepath.Dir(fset.Position(f.Package).Filename)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	made := filepath.Dir(fset.PositionFor(f.Package, false).Filename)
	if rel, err := filepath.Rel(made, dir); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return dir
}

// Preamble returns the C text above import "C" in f, or "".
func Preamble(fset *token.FileSet, f *ast.File) string {
	if s := preamble(importC(fset, f)); s != nil {
		return s.text
	}
	return ""
}

// preamble takes the comment that cmd/cgo would take, with the comment marks
// blanked so that offsets stay those of the file.
func preamble(d *ast.GenDecl) *source {
	if d == nil {
		return nil
	}
	doc := d.Doc
	for _, spec := range d.Specs {
		s := spec.(*ast.ImportSpec)
		if c := s.Path.Value == `"C"` || s.Name != nil && s.Name.Name == "_"; c && s.Doc != nil {
			doc = s.Doc
		}
	}
	if doc == nil {
		return nil
	}
	s := new(source)
	var text strings.Builder
	for _, c := range doc.List {
		s.chunks = append(s.chunks, chunk{off: text.Len(), pos: c.Pos()})
		body := "  " + c.Text[2:]
		if strings.HasPrefix(c.Text, "/*") {
			body = strings.TrimSuffix(body, "*/")
		}
		text.WriteString(body + "\n")
	}
	s.text = text.String()
	return s
}

// folder reads the C and C++ files of a folder that the build may use. Only file
// names are matched with the system; tags are the driver's secret.
func folder(dir string) []*source {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	ctxt := build.Default
	ctxt.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }
	var list []*source
	total := int64(0)
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".m":
		default:
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile || total+info.Size() > maxFolder {
			continue
		}
		if ok, err := ctxt.MatchFile(dir, e.Name()); err != nil || !ok {
			continue
		}
		name := filepath.Join(dir, e.Name())
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		total += info.Size()
		list = append(list, &source{text: string(text), file: name})
	}
	return list
}

// Range returns where an offset of the C text of f stands, n bytes long. It is
// for the other ends of a finding: editors refuse a finding itself in a file
// that they did not load.
func (p *Package) Range(f *ctext.Func, off, n int) (analysis.Range, bool) {
	s := p.sources[f.Unit]
	if s == nil {
		return nil, false
	}
	if s.chunks == nil {
		tf := p.pass.Fset.AddFile(s.file, -1, len(s.text))
		tf.SetLinesForContent([]byte(s.text))
		s.chunks = []chunk{{pos: token.Pos(tf.Base())}}
	}
	at := s.chunks[0]
	for _, c := range s.chunks {
		if c.off <= off {
			at = c
		}
	}
	pos := at.pos + token.Pos(off-at.off)
	return span{pos, pos + token.Pos(n)}, true
}

type span struct{ pos, end token.Pos }

func (s span) Pos() token.Pos { return s.pos }
func (s span) End() token.Pos { return s.end }
