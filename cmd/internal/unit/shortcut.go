package unit

import (
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

	// For each last identifier of a known function, the import paths one of
	// which a package must have to be able to mean it; an empty path for a
	// method, which can be called on a value from anywhere.
	names   map[string][]string
	imports map[string]bool // that may lead to facts by themselves
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
	s.names = make(map[string][]string, len(functions))
	s.imports = make(map[string]bool, len(imports))
	for _, path := range imports {
		s.imports[path] = true
	}
	for _, full := range functions {
		dot := strings.LastIndexByte(full, '.')
		name, path := full[dot+1:], full[:max(dot, 0)]
		if strings.HasPrefix(path, "(") || strings.Contains(path[strings.LastIndexByte(path, '/')+1:], ".") {
			path = "" // a method, or a field: reached through values
		}
		if name != "" {
			s.names[name] = append(s.names[name], path)
		}
	}
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
	names := s.possible(cfg)
	for _, p := range facts {
		for name := range strings.SplitSeq(p.names, " ") {
			names[name] = true
		}
	}
	if names[anyName] {
		return nil, false, nil
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
	if _, has := facts[cfg.ImportPath]; has {
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
// function. A name counts however the import is renamed.
func (s *Shortcut) possible(cfg *Config) map[string]bool {
	imported := map[string]bool{"": true, cfg.ImportPath: true}
	for written, path := range cfg.ImportMap {
		imported[written], imported[path] = true, true
	}
	set := make(map[string]bool)
	for name, paths := range s.names {
		for _, path := range paths {
			if imported[path] {
				set[name] = true
			}
		}
	}
	return set
}

// mentions reports whether one of the names is in the text. It compares
// identifiers wherever they stand, in comments and strings too.
func mentions(text []byte, names map[string]bool) bool {
	var first [256]bool // bytes that a name begins with
	for name := range names {
		if name != "" {
			first[name[0]] = true
		}
	}
	for i := 0; i < len(text); {
		if !isIdent[text[i]] {
			i++
			continue
		}
		start := i
		for i < len(text) && isIdent[text[i]] {
			i++
		}
		if first[text[start]] && names[string(text[start:i])] {
			return true
		}
	}
	return false
}

// isIdent holds the bytes of identifiers, all of UTF-8 beyond ASCII included.
var isIdent = func() (set [256]bool) {
	for b := range set {
		c := byte(b)
		set[b] = c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	return set
}()
