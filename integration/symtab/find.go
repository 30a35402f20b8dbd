package symtab

import (
	"bytes"
	"debug/dwarf"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// find goes to the entry of a type, and reads on until there is one or all of the types
// were read.
func (t *Types) find(name string) (*dwarf.Entry, error) {
	if name == "" {
		return nil, errors.New("not found: the name is empty")
	}
	missing := errors.New("not found: no such struct type, or the program does not use it")
	for from := 0; ; {
		for _, spelled := range spellings(name) {
			e, err := t.search(spelled, from, dwarf.TagStructType, reflect.Struct)
			if e != nil || err != nil {
				return e, err
			}
		}
		// The unit that has one of Go's types has them all; see units. This one the
		// linker makes first, for every program.
		if e, err := t.search("uintptr", from, dwarf.TagBaseType, reflect.Uintptr); err != nil {
			return nil, err
		} else if e != nil {
			return nil, missing
		}
		from = len(t.info.data)
		if err := t.more(); err == io.EOF {
			return nil, missing
		} else if err != nil {
			return nil, err
		}
	}
}

// search looks for a type from an offset on without reading the entries before it. The
// linker writes names in place (DW_FORM_string), as the first attribute behind the code
// of the abbreviation, so that every occurrence of the name is a candidate.
func (t *Types) search(name string, from int, tag dwarf.Tag, kind reflect.Kind) (*dwarf.Entry, error) {
	want := append([]byte(name), 0)
	for range maxCandidates {
		n := bytes.Index(t.info.data[from:], want)
		if n < 0 {
			return nil, nil
		}
		if e := t.named(from+n, name, tag, kind); e != nil {
			return e, nil
		}
		from += n + 1
	}
	return nil, fmt.Errorf("damaged DWARF: the name occurs more than %d times", maxCandidates)
}

// spellings are the ways in which DWARF may spell a name: dots in the last element
// of an import path are escaped.
func spellings(name string) []string {
	escaped := escapePaths(name)
	if escaped == name {
		return []string{name}
	}
	return []string{escaped, name}
}

// escapePaths spells the import paths in a type's name as the linker does. A path
// reaches from a bracket, comma or star to the last dot before the next one.
func escapePaths(name string) string {
	var out strings.Builder
	for len(name) > 0 {
		n := strings.IndexAny(name, "[],* ")
		if n < 0 {
			n = len(name)
		}
		word := name[:n]
		slash, dot := strings.LastIndexByte(word, '/'), strings.LastIndexByte(word, '.')
		if dot > slash && slash >= 0 {
			word = word[:slash] + strings.ReplaceAll(word[slash:dot], ".", "%2e") + word[dot:]
		}
		out.WriteString(word)
		if n < len(name) {
			out.WriteByte(name[n])
			n++
		}
		name = name[n:]
	}
	return out.String()
}

// named returns the entry of a kind whose name stands at an offset, or nil.
func (t *Types) named(at int, name string, tag dwarf.Tag, kind reflect.Kind) *dwarf.Entry {
	for _, code := range []int{1, 2} { // bytes of the abbreviation's code
		if at < code {
			continue
		}
		e, err := t.entry(dwarf.Offset(at - code))
		if err != nil || e.Tag != tag || kindOf(e) != kind {
			continue
		}
		if got, _ := e.Val(dwarf.AttrName).(string); got == name {
			return e
		}
	}
	return nil
}
