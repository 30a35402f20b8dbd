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
	if isStd(path) {
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
	case cfg.usersOwn():
		return nil, false, nil // a plain setter of its own can be what a reload calls
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
			u := names[name]
			u.dotted = true
			names[name] = u
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

// usersOwn reports whether the package is of a module that is worked on.
func (cfg *Config) usersOwn() bool { return cfg.ModulePath != "" && cfg.ModuleVersion == "" }

// possible returns how a package can refer to known functions.
func (s *Shortcut) possible(cfg *Config, facts factFile) map[string]use {
	imported := map[string]bool{"": true, cfg.ImportPath: true}
	for written, path := range cfg.ImportMap {
		imported[written], imported[path] = true, true
	}
	set := make(map[string]use)
	for name, meanings := range s.names {
		for _, m := range meanings {
			if _, led := facts[m.home]; !imported[m.path] || m.home != "" && !led {
				continue
			}
			u := set[name]
			switch last := m.path[strings.LastIndexByte(m.path, '/')+1:]; {
			case m.bare, m.path != "" && m.path == cfg.ImportPath:
				u.bare = true
			case isStd(m.path): // its packages are named as their folders
				u.after = append(u.after, last)
			default:
				u.dotted = true
			}
			set[name] = u
		}
	}
	return set
}

// isStd reports whether a path is of the standard library's form.
func isStd(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return path != "" && !strings.Contains(first, ".")
}
