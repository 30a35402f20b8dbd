package unit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Shortcut tells without parsing that a dependency has no facts: a package of
// the standard library, whose functions the analyzers know by name, or one that
// mentions none of these functions and imports no package with facts. It only
// ever errs to the side of analyzing a package.
type Shortcut struct {
	// For each last identifier of a known function, the import paths one of
	// which a package must have to be able to mean it; an empty path for a
	// method, which can be called on a value from anywhere.
	names   map[string][]string
	first   [256]bool       // bytes that a name begins with
	imports map[string]bool // that may lead to facts by themselves

	standardOnly bool
}

// NewShortcut returns the short cut for analyzers that attach facts only to
// what leads to functions of these full names, "os.Exit",
// "(*net/http.Server).Shutdown" or, for a field, "os.ProcAttr.Files". With no names, only the standard library is
// known to have no facts. A package with one of the imports is analyzed too.
func NewShortcut(fullNames, imports []string) *Shortcut {
	s := &Shortcut{names: make(map[string][]string), imports: make(map[string]bool), standardOnly: len(fullNames) == 0}
	for _, path := range imports {
		s.imports[path] = true
	}
	for _, full := range fullNames {
		dot := strings.LastIndexByte(full, '.')
		name, path := full[dot+1:], full[:max(dot, 0)]
		if strings.HasPrefix(path, "(") || strings.Contains(path[strings.LastIndexByte(path, '/')+1:], ".") {
			path = "" // a method, or a field: reached through values
		}
		if name == "" {
			continue
		}
		s.names[name] = append(s.names[name], path)
		s.first[name[0]] = true
	}
	return s
}

// Applies reports whether the facts of a package are known to be none.
func (s *Shortcut) Applies(cfg *Config) (bool, error) {
	switch {
	case s == nil:
		return false, nil
	case cfg.standard():
		return true, nil
	case s.standardOnly:
		return false, nil
	}
	for written := range cfg.ImportMap {
		if s.imports[written] {
			return false, nil
		}
	}
	for _, name := range cfg.PackageVetx {
		info, err := os.Stat(name)
		if err != nil {
			return false, err
		}
		if info.Size() > int64(len(magic)) {
			return false, nil
		}
	}
	possible := s.possible(cfg)
	for _, name := range cfg.GoFiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return false, err
		}
		if s.mentions(text, possible) {
			return false, nil
		}
	}
	return true, nil
}

// verify returns an error if the package has facts that the short cut would
// have passed over. Those about os.Exit and its like do not count: they say what
// is known of the names.
func (s *Shortcut) verify(cfg *Config) error {
	if s == nil || cfg.standard() {
		return nil
	}
	ok, err := s.Applies(cfg)
	if err != nil || !ok {
		return err
	}
	info, err := os.Stat(cfg.VetxOutput)
	if err == nil && info.Size() > int64(len(magic)) {
		err = fmt.Errorf("%s has facts, but nothing in it says so", cfg.ImportPath)
	}
	return err
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
func (s *Shortcut) mentions(text []byte, names map[string]bool) bool {
	for i := 0; i < len(text); {
		if !isIdent[text[i]] {
			i++
			continue
		}
		start := i
		for i < len(text) && isIdent[text[i]] {
			i++
		}
		if s.first[text[start]] && names[string(text[start:i])] {
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
