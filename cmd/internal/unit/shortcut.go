package unit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Shortcut tells without parsing that a dependency has no facts of its own: a
// package of the standard library, whose functions the analyzers know by name,
// or one that mentions none of these functions, nor any function with facts. It
// only ever errs to the side of analyzing a package.
type Shortcut struct {
	known func() (functions, imports []string)

	names   map[string][]meaning // by last identifier
	homes   map[string]bool      // packages of known methods, the standard library left out
	imports map[string]bool      // that may lead to facts by themselves
}

// A meaning is one known function that an identifier may stand for.
type meaning struct {
	path string // import that a package needs to mean it; empty for members of values
	home string // package of a method, if not the standard library's: an import must lead there
	bare bool   // it can stand without a dot before it, as a field in a literal does
}

// NewShortcut returns the short cut for analyzers that attach facts to packages
// and only to what leads to functions of these full names, "os.Exit",
// "(*net/http.Server).Shutdown" or, for a field, "os.ProcAttr.Files", and to
// packages with one of the imports. With no names, only the standard library is
// known to have no facts. known is called when its answer is needed first: most
// packages that the go command asks about are the standard library's, and each
// costs a process.
func NewShortcut(known func() (functions, imports []string)) *Shortcut {
	return &Shortcut{known: known}
}

func (s *Shortcut) init() {
	functions, imports := s.known()
	s.names = make(map[string][]meaning, len(functions))
	s.homes = make(map[string]bool)
	s.imports = make(map[string]bool, len(imports))
	for _, path := range imports {
		s.imports[path] = true
	}
	for _, full := range functions {
		dot := strings.LastIndexByte(full, '.')
		name, m := full[dot+1:], meaning{path: full[:max(dot, 0)]}
		switch {
		case strings.HasPrefix(m.path, "("): // a method
			m = meaning{home: homeOf(m.path)}
			if m.home != "" {
				s.homes[m.home] = true
			}
		case strings.Contains(m.path[strings.LastIndexByte(m.path, '/')+1:], "."): // a field, or a path with a dot
			m = meaning{bare: true}
		}
		if name != "" {
			s.names[name] = append(s.names[name], m)
		}
	}
}

// homeOf returns the package of a receiver such as "(*net/http.Server)", empty
// for one of the standard library: those are not followed through imports.
func homeOf(receiver string) string {
	path := strings.Trim(receiver, "(*)")
	path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return ""
	}
	return path
}

// isHome reports whether the fact file of a package must name the package even
// without facts, so that importers know that methods of it are within reach.
func (s *Shortcut) isHome(path string) bool {
	if s == nil {
		return false
	}
	if s.names == nil {
		s.init()
	}
	return s.homes[path]
}

// Facts returns the facts that importers of a package get, which are those of
// its imports, when it is known to have none of its own; ok is false when the
// package has to be analyzed.
func (s *Shortcut) Facts(cfg *Config) (facts factFile, ok bool, err error) {
	switch {
	case s == nil:
		return nil, false, nil
	case cfg.standard():
		return nil, true, nil
	case s.names == nil:
		s.init()
	}
	if len(s.names) == 0 {
		return nil, false, nil
	}
	for written := range cfg.ImportMap {
		if s.imports[written] {
			return nil, false, nil
		}
	}
	facts = make(factFile)
	for _, name := range cfg.PackageVetx {
		if err := readFacts(name, facts); err != nil {
			return nil, false, err
		}
	}
	if s.homes[cfg.ImportPath] {
		facts[cfg.ImportPath] = packageFacts{}
	}
	names := s.possible(cfg, facts)
	for _, p := range facts {
		for name := range strings.SplitSeq(p.names, " ") {
			if name == anyName {
				return nil, false, nil
			}
			names[name] = names[name] // with a dot before it, unless more is known
		}
	}
	for _, name := range cfg.GoFiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, false, err
		}
		if mentions(text, names) {
			return nil, false, nil
		}
	}
	return facts, true, nil
}

// verify returns an error if the package has facts that the short cut would
// have passed over. Those about os.Exit and its like do not count: they say what
// is known of the names.
func (s *Shortcut) verify(cfg *Config) error {
	if s == nil || cfg.standard() {
		return nil
	}
	_, ok, err := s.Facts(cfg)
	if err != nil || !ok {
		return err
	}
	facts := make(factFile)
	if err := readFacts(cfg.VetxOutput, facts); err != nil {
		return err
	}
	if len(facts[cfg.ImportPath].facts) > 0 {
		return fmt.Errorf("%s has facts, but nothing in it says so", cfg.ImportPath)
	}
	return nil
}

// standard reports whether the package is below GOROOT.
func (cfg *Config) standard() bool {
	if cfg.ModulePath != "" || cfg.Module != nil || cfg.goroot == "" {
		return false
	}
	rel, err := filepath.Rel(filepath.Join(cfg.goroot, "src"), cfg.Dir)
	return err == nil && filepath.IsLocal(rel)
}

// possible returns the names that a package can use to refer to a known
// function, however the import is renamed, and whether they can stand without a
// dot before them.
func (s *Shortcut) possible(cfg *Config, facts factFile) map[string]bool {
	imported := map[string]bool{"": true, cfg.ImportPath: true}
	for written, path := range cfg.ImportMap {
		imported[written], imported[path] = true, true
	}
	set := make(map[string]bool)
	for name, meanings := range s.names {
		for _, m := range meanings {
			if _, led := facts[m.home]; imported[m.path] && (m.home == "" || led) {
				set[name] = set[name] || m.bare || m.path == cfg.ImportPath && m.path != ""
			}
		}
	}
	return set
}

// mentions reports whether one of the names stands in the code of a file: behind
// a dot, or anywhere if the name may be bare or the file has a dot import.
func mentions(text []byte, names map[string]bool) bool {
	var first [256]bool // bytes that a name begins with
	for name := range names {
		if name != "" {
			first[name[0]] = true
		}
	}
	last := byte(0) // last byte of code that is not blank
	dotted := false // a dot import was seen; imports come before their use
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b == ' ' || b == '\t' || b == '\n' || b == '\r':
			i++
		case b == '/' && i+1 < len(text) && (text[i+1] == '/' || text[i+1] == '*'):
			i = skipComment(text, i)
		case b == '"' || b == '`' || b == '\'':
			dotted = dotted || last == '.' && b != '\''
			i, last = skipQuoted(text, i), b
		case isIdent[b]:
			start := i
			for i < len(text) && isIdent[text[i]] {
				i++
			}
			if first[b] {
				if bare, ok := names[string(text[start:i])]; ok && (bare || dotted || last == '.') {
					return true
				}
			}
			last = b
		default:
			i, last = i+1, b
		}
	}
	return false
}

// skipComment returns the end of the comment that begins at i.
func skipComment(text []byte, i int) int {
	end := "\n"
	if text[i+1] == '*' {
		end = "*/"
	}
	if n := bytes.Index(text[i+2:], []byte(end)); n >= 0 {
		return i + 2 + n + len(end)
	}
	return len(text)
}

// skipQuoted returns the end of the string or rune literal that begins at i. One
// that is not closed on its line ends there, as the compiler would refuse it.
func skipQuoted(text []byte, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch b := text[i]; {
		case b == quote:
			return i + 1
		case b == '\\' && quote != '`':
			i++
		case b == '\n' && quote != '`':
			return i
		}
	}
	return len(text)
}

// isIdent holds the bytes of identifiers, all of UTF-8 beyond ASCII included.
var isIdent = func() (set [256]bool) {
	for b := range set {
		c := byte(b)
		set[b] = c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	return set
}()
