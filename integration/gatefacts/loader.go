package gatefacts

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hotvet/hotvet/integration/gate"
)

// A loader finds libraries as ld.so of glibc does (ld.so(8)): the RPATH of the object
// and of those that need it, LD_LIBRARY_PATH, the RUNPATH of the object,
// /etc/ld.so.cache, and the system's folders.
type loader struct {
	libraryPath []string
	cache       map[string][]string
	system      []string
	loaded      map[string]*object // by every name that something asked for
	order       []*object
	problems    []string
}

// maxObjects is how many shared objects are loaded at most.
const maxObjects = 512

// hostMachines are the machines whose programs this one runs, by GOARCH.
var hostMachines = map[string]elf.Machine{
	"386": elf.EM_386, "amd64": elf.EM_X86_64, "arm": elf.EM_ARM, "arm64": elf.EM_AARCH64, "loong64": elf.EM_LOONGARCH,
	"ppc64le": elf.EM_PPC64, "riscv64": elf.EM_RISCV, "s390x": elf.EM_S390, "mips64le": elf.EM_MIPS,
}

// libraries says what the loader of this host does with a program.
func libraries(path string, env []string) gate.Fact[gate.Libraries] {
	o, err := readObject(path)
	switch {
	case err != nil:
		return gate.Missing[gate.Libraries](fmt.Sprintf("cannot read what %s needs: %v", path, err))
	case !o.dynamic && o.interp == "":
		return gate.Known(gate.Libraries{Static: true})
	case runtime.GOOS != "linux" || hostMachines[runtime.GOARCH] != o.machine:
		return gate.Missing[gate.Libraries](fmt.Sprintf("NEW is for %s on linux, and the libraries of this host are for %s", o.machine, runtime.GOARCH))
	case !exists(o.interp):
		return gate.Known(gate.Libraries{Problems: []string{fmt.Sprintf("its loader %s is not on this host", o.interp)}})
	case strings.Contains(filepath.Base(o.interp), "musl"):
		return gate.Missing[gate.Libraries]("only the search rules of glibc are known, and NEW is loaded by " + o.interp)
	}
	l, err := newLoader(env)
	if err != nil {
		return gate.Missing[gate.Libraries](err.Error())
	}
	l.load(o)
	return gate.Known(gate.Libraries{Static: len(l.order) == 1 && len(l.problems) == 0, Found: len(l.order) - 1, Problems: l.problems})
}

// exists reports whether there is a loader of that name, or none is asked for.
func exists(interp string) bool {
	_, err := os.Stat(interp)
	return interp == "" || err == nil
}

func newLoader(env []string) (*loader, error) {
	l := &loader{loaded: make(map[string]*object), cache: make(map[string][]string)}
	for _, kv := range env {
		// Later entries win, as for a program.
		if value, ok := strings.CutPrefix(kv, "LD_LIBRARY_PATH="); ok {
			l.libraryPath = strings.FieldsFunc(value, func(r rune) bool { return r == ':' || r == ';' })
		}
	}
	data, err := os.ReadFile("/etc/ld.so.cache")
	if err == nil {
		l.cache, err = parseCache(data)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("/etc/ld.so.cache: %w", err)
	}
	l.system = []string{"/lib64", "/usr/lib64", "/lib", "/usr/lib"}
	if multiarch, err := filepath.Glob("/usr/lib/*-linux-gnu*"); err == nil {
		for _, folder := range multiarch {
			l.system = append(l.system, strings.TrimPrefix(folder, "/usr"), folder)
		}
	}
	return l, nil
}

// load loads the program and, breadth first, all that it needs; then it sees whether
// versions and symbols are there.
func (l *loader) load(program *object) {
	l.order = []*object{program}
	for i := 0; i < len(l.order) && i < maxObjects; i++ {
		o := l.order[i]
		for _, name := range o.needed {
			if l.loaded[name] != nil {
				continue
			}
			found, where := l.find(name, o)
			if found == nil {
				l.problems = append(l.problems, fmt.Sprintf("%s, needed by %s: %s", name, filepath.Base(o.path), where))
				continue
			}
			if same := l.known(found); same != nil {
				l.loaded[name] = same
				continue
			}
			found.loader = o
			l.loaded[name] = found
			if found.soname != "" && l.loaded[found.soname] == nil {
				l.loaded[found.soname] = found
			}
			l.order = append(l.order, found)
		}
	}
	l.versions()
	l.undefined(program)
}

func (l *loader) known(o *object) *object {
	for _, other := range l.order {
		if other.path == o.path {
			return other
		}
	}
	return nil
}

// find returns the library of that name for an object, or why there is none.
func (l *loader) find(name string, o *object) (*object, string) {
	if strings.Contains(name, "/") {
		found, err := readObject(name)
		if err != nil {
			return nil, err.Error()
		}
		return found, ""
	}
	wrong := ""
	for _, candidate := range l.candidates(name, o) {
		found, err := readObject(candidate)
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			// ld.so goes on when a file is none of ELF's, and ends at a damaged one.
			wrong = fmt.Sprintf("%s: %v", candidate, err)
		case found.class != o.class || found.machine != o.machine:
			wrong = candidate + " is for another machine"
		default:
			return found, ""
		}
	}
	if wrong != "" {
		return nil, wrong
	}
	return nil, "not found on this host"
}

// candidates lists where ld.so looks, in its order.
func (l *loader) candidates(name string, o *object) []string {
	var list []string
	add := func(from *object, folders []string) {
		for _, folder := range folders {
			if folder == "" {
				folder = "."
			}
			for _, expanded := range expand(folder, from) {
				list = append(list, filepath.Join(expanded, name))
			}
		}
	}
	if o.runpath == nil {
		for up := o; up != nil; up = up.loader {
			if up.runpath == nil {
				add(up, up.rpath)
			}
		}
	}
	program := l.order[0]
	add(program, l.libraryPath)
	add(o, o.runpath)
	list = append(list, l.cache[name]...)
	add(o, l.system)
	return list
}

// expand replaces $ORIGIN, $LIB and $PLATFORM. What $LIB and $PLATFORM are depends on
// how ld.so was built: both usual values of $LIB are tried, and $PLATFORM finds
// nothing.
func expand(folder string, o *object) []string {
	if !strings.Contains(folder, "$") {
		return []string{folder}
	}
	replace := func(text, name, value string) string {
		return strings.ReplaceAll(strings.ReplaceAll(text, "${"+name+"}", value), "$"+name, value)
	}
	if path, err := filepath.Abs(o.path); err == nil {
		folder = replace(folder, "ORIGIN", filepath.Dir(path))
	}
	var list []string
	for _, lib := range []string{"lib64", "lib", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu"} {
		if full := replace(folder, "LIB", lib); !strings.Contains(full, "$") && !slices.Contains(list, full) {
			list = append(list, full)
		}
	}
	return list
}

// versions sees whether each object gets the versions it needs. ld.so ends when one
// is missing, unless the reference is weak or the library has no versions at all.
func (l *loader) versions() {
	for _, o := range l.order {
		for _, need := range o.needs {
			from := l.loaded[need.file]
			if from == nil || from.defines == nil || from.defines[need.version] || need.weak {
				continue
			}
			l.problems = append(l.problems, fmt.Sprintf("%s has no version %s, which %s needs", from.path, need.version, filepath.Base(o.path)))
		}
	}
}

// undefined sees whether the symbols that the program wants are defined anywhere.
func (l *loader) undefined(program *object) {
	if len(l.problems) > 0 {
		return // of course some are missing
	}
	var missing []string
	for _, name := range program.wanted {
		if !slices.ContainsFunc(l.order, func(o *object) bool { return o.symbols[name] }) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		missing = slices.Compact(missing)
		l.problems = append(l.problems, fmt.Sprintf("no library defines %s", strings.Join(missing[:min(len(missing), 5)], ", ")))
	}
}

// parseCache reads /etc/ld.so.cache in its present form, which may stand behind that
// of before glibc 2.2 (sysdeps/generic/dl-cache.h, struct cache_file_new).
func parseCache(data []byte) (map[string][]string, error) {
	const (
		magic  = "glibc-ld.so.cache1.1"
		header = 48
		entry  = 24
	)
	at := bytes.Index(data, []byte(magic))
	if at < 0 {
		return nil, errors.New("not in a form that is known")
	}
	data = data[at:]
	if len(data) < header {
		return nil, errors.New("cut short")
	}
	order := binary.ByteOrder(binary.NativeEndian)
	count := order.Uint32(data[len(magic):])
	if uint64(count)*entry > uint64(len(data)-header) {
		return nil, errors.New("cut short")
	}
	text := func(off uint32) (string, error) {
		if uint64(off) >= uint64(len(data)) {
			return "", errors.New("a name lies outside of it")
		}
		name, _, ok := bytes.Cut(data[off:min(uint64(off)+4096, uint64(len(data)))], []byte{0})
		if !ok {
			return "", errors.New("a name does not end")
		}
		return string(name), nil
	}
	list := make(map[string][]string)
	for i := range count {
		e := data[header+i*entry:]
		name, err := text(order.Uint32(e[4:]))
		if err != nil {
			return nil, err
		}
		path, err := text(order.Uint32(e[8:]))
		if err != nil {
			return nil, err
		}
		list[name] = append(list[name], path)
	}
	return list, nil
}
