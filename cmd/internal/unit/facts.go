package unit

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"go/types"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/objectpath"
)

// magic begins every fact file. A file without facts is nothing else, which the
// short cut sees from its size.
const magic = "hotvet02"

// A factFile maps the path of a package to its facts. It holds those of the
// package it was written for and of everything that imports led to, because the
// go command hands over the files of direct imports only.
type factFile map[string]packageFacts

// packageFacts are the facts about one package.
type packageFacts struct {
	// names of the objects that have facts, separated by spaces: who mentions
	// none of them learns nothing from the facts. A type can be reached without
	// its name; the facts about types that there are matter to casts only, and
	// who casts imports unsafe, which the short cut never passes over.
	names string
	facts []byte // encoded
}

func readFacts(name string, into factFile) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return fmt.Errorf("%s: not a fact file of this hotvet", name)
	}
	next := func() ([]byte, bool) {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			return nil, false
		}
		chunk := rest[size : size+int(n)]
		rest = rest[size+int(n):]
		return chunk, true
	}
	for len(rest) > 0 {
		path, ok1 := next()
		names, ok2 := next()
		facts, ok3 := next()
		if !ok1 || !ok2 || !ok3 {
			return fmt.Errorf("%s: fact file is cut", name)
		}
		into[string(path)] = packageFacts{string(names), facts}
	}
	return nil
}

func writeFacts(name string, file factFile) error {
	if name == "" {
		return nil
	}
	buf := []byte(magic)
	for _, path := range slices.Sorted(maps.Keys(file)) {
		p := file[path]
		for _, chunk := range []string{path, p.names, string(p.facts)} {
			buf = binary.AppendUvarint(buf, uint64(len(chunk)))
			buf = append(buf, chunk...)
		}
	}
	return os.WriteFile(name, buf, 0o666)
}

// An encodedFact is one fact in a file; Object is empty for a package fact.
type encodedFact struct {
	Object objectpath.Path
	Fact   analysis.Fact
}

// factKey is a fact in memory; obj is nil for a package fact.
type factKey struct {
	pkg *types.Package
	obj types.Object
	typ reflect.Type
}

// A factStore holds the facts that a package imports and exports.
type factStore struct {
	pkg *types.Package

	mu      sync.Mutex
	files   factFile                // of imports, not decoded yet or to be passed on
	decoded map[*types.Package]bool // whose facts are in facts
	facts   map[factKey]analysis.Fact
	err     error // the first fact that could not be decoded
}

func newFactStore(pkg *types.Package, vetx map[string]string) (*factStore, error) {
	s := &factStore{
		pkg:     pkg,
		files:   make(factFile),
		decoded: map[*types.Package]bool{pkg: true},
		facts:   make(map[factKey]analysis.Fact),
	}
	for path, name := range vetx {
		if err := readFacts(name, s.files); err != nil {
			return nil, fmt.Errorf("facts of %s: %w", path, err)
		}
	}
	return s, nil
}

// decode makes the facts about pkg available. Most are never asked for.
func (s *factStore) decode(pkg *types.Package) {
	if pkg == nil || s.decoded[pkg] {
		return
	}
	s.decoded[pkg] = true
	file := s.files[pkg.Path()]
	if len(file.facts) == 0 {
		return
	}
	var list []encodedFact
	if err := gob.NewDecoder(bytes.NewReader(file.facts)).Decode(&list); err != nil {
		s.err = cmp.Or(s.err, fmt.Errorf("facts of %s: %w", pkg.Path(), err))
		return
	}
	for _, f := range list {
		key := factKey{pkg: pkg, typ: reflect.TypeOf(f.Fact)}
		if f.Object != "" {
			obj, err := objectpath.Object(pkg, f.Object)
			if err != nil {
				continue // export data of an indirect import has only what is referenced
			}
			key.obj = obj
		}
		s.facts[key] = f.Fact
	}
}

func (s *factStore) get(pkg *types.Package, obj types.Object, fact analysis.Fact) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decode(pkg)
	f, ok := s.facts[factKey{pkg, obj, reflect.TypeOf(fact)}]
	if ok {
		reflect.ValueOf(fact).Elem().Set(reflect.ValueOf(f).Elem())
	}
	return ok
}

func (s *factStore) set(obj types.Object, fact analysis.Fact) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.facts[factKey{s.pkg, obj, reflect.TypeOf(fact)}] = fact
}

func (s *factStore) importObject(obj types.Object, fact analysis.Fact) bool {
	if obj == nil {
		panic("nil object")
	}
	return s.get(obj.Pkg(), obj, fact)
}

func (s *factStore) exportObject(obj types.Object, fact analysis.Fact) {
	if obj == nil || obj.Pkg() != s.pkg {
		panic(fmt.Sprintf("fact %T about %v, which is not of package %s", fact, obj, s.pkg.Path()))
	}
	s.set(obj, fact)
}

// all decodes every fact and returns those whose type is among filter.
func (s *factStore) all(filter []analysis.Fact) map[factKey]analysis.Fact {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make(map[*types.Package]bool)
	var visit func(*types.Package)
	visit = func(pkg *types.Package) {
		if !seen[pkg] {
			seen[pkg] = true
			s.decode(pkg)
			for _, imp := range pkg.Imports() {
				visit(imp)
			}
		}
	}
	visit(s.pkg)
	found := make(map[factKey]analysis.Fact)
	for key, fact := range s.facts {
		if slices.ContainsFunc(filter, func(f analysis.Fact) bool { return reflect.TypeOf(f) == key.typ }) {
			found[key] = fact
		}
	}
	return found
}

func (s *factStore) allObjects(filter []analysis.Fact) (list []analysis.ObjectFact) {
	for key, fact := range s.all(filter) {
		if key.obj != nil {
			list = append(list, analysis.ObjectFact{Object: key.obj, Fact: fact})
		}
	}
	return list
}

func (s *factStore) allPackages(filter []analysis.Fact) (list []analysis.PackageFact) {
	for key, fact := range s.all(filter) {
		if key.obj == nil {
			list = append(list, analysis.PackageFact{Package: key.pkg, Fact: fact})
		}
	}
	return list
}

// write adds the facts about the package itself to those of its imports and
// writes the file. The order is fixed, because the go command hashes the file.
// A home is named in it even without facts.
func (s *factStore) write(name string, home bool) error {
	if s.err != nil {
		return s.err
	}
	var (
		enc   objectpath.Encoder
		list  []encodedFact
		names = make(map[string]bool)
	)
	for key, fact := range s.facts {
		if key.pkg != s.pkg {
			continue
		}
		var path objectpath.Path
		if key.obj != nil {
			p, err := enc.For(key.obj)
			if err != nil {
				continue // local to a function: no other package can refer to it
			}
			path = p
			names[key.obj.Name()] = true
		}
		list = append(list, encodedFact{path, fact})
	}
	if len(list) == 0 {
		if home {
			s.files[s.pkg.Path()] = packageFacts{}
		}
		return writeFacts(name, s.files)
	}
	slices.SortFunc(list, func(a, b encodedFact) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(fmt.Sprintf("%T", a.Fact), fmt.Sprintf("%T", b.Fact)))
	})
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(list); err != nil {
		return errors.Join(errors.New("facts cannot be encoded"), err)
	}
	s.files[s.pkg.Path()] = packageFacts{strings.Join(slices.Sorted(maps.Keys(names)), " "), buf.Bytes()}
	return writeFacts(name, s.files)
}
