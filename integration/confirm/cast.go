package confirm

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Cast is memory that a program laid a struct over, as it was at that moment.
type Cast struct {
	Type   string // as the program spells it
	Size   int    // bytes
	Word   int    // bytes of an address
	File   string // that is mapped there, empty for memory of the process alone
	Fields []Leaf
	Raw    []byte // the memory and some behind it, as much as is looked at and could be read
	Order  int    // counts what the image told

	// From says where the bytes were found in what the old program left, empty when
	// they were not.
	From string
}

// A Leaf is a field that holds a number or an address; Header.Seq is one in the
// struct Header.
type Leaf struct {
	Name   string
	Kind   string // of reflect
	Offset int
}

// A Use is a value that a program read from a field.
type Use struct {
	Number int // of the place in the program
	Value  string
	Order  int
}

// A Span compares the bytes that views take with those that there are.
type Span struct {
	Have int `json:"bytes_there"`
	Want int `json:"bytes_viewed"`
}

var errCast = errors.New("not a cast")

// parseCast reads what the probe says of a cast.
func parseCast(text string) (c Cast, err error) {
	quoted := func() (value string) {
		prefix, e := strconv.QuotedPrefix(text)
		if e != nil {
			err = errCast
			return ""
		}
		text = strings.TrimPrefix(text[len(prefix):], " ")
		value, _ = strconv.Unquote(prefix)
		return value
	}
	c.Type = quoted()
	size, rest, _ := strings.Cut(text, " ")
	word, rest, _ := strings.Cut(rest, " ")
	text = rest
	c.Size, err = strconv.Atoi(size)
	if err == nil {
		c.Word, err = strconv.Atoi(word)
	}
	if err != nil || c.Size < 0 || c.Word != 4 && c.Word != 8 {
		return c, errCast
	}
	c.File = quoted()
	raw, decodeErr := hex.DecodeString(quoted())
	if c.Raw = raw; decodeErr != nil {
		return c, errCast
	}
	leaves := quoted()
	for leaf := range strings.SplitSeq(leaves, ",") {
		if leaf == "" {
			continue
		}
		parts := strings.Split(leaf, ":")
		if len(parts) != 3 {
			return c, errCast
		}
		offset, e := strconv.Atoi(parts[2])
		if e != nil || offset < 0 {
			return c, errCast
		}
		c.Fields = append(c.Fields, Leaf{parts[0], parts[1], offset})
	}
	return c, err
}

// own returns the memory of the struct alone.
func (c *Cast) own() []byte { return c.Raw[:min(len(c.Raw), c.Size)] }

// A layout says where the fields of a struct are.
type layout struct {
	size   int
	word   int // bytes of an address
	fields []Leaf
}

func (c *Cast) layout() layout { return layout{c.Size, c.Word, c.Fields} }

// decode returns the values that bytes have in a layout, by field. Fields that the
// bytes do not reach are left out.
func (l layout) decode(raw []byte) map[string]string {
	values := make(map[string]string)
	for _, f := range l.fields {
		n := kindSize(f.Kind, l.word)
		if n == 0 || f.Offset > len(raw) || n > len(raw)-f.Offset {
			continue
		}
		values[f.Name] = plainValue(f.Kind, raw[f.Offset:f.Offset+n])
	}
	return values
}

// offset returns where a field is, -1 when there is none.
func (l layout) offset(name string) int {
	for _, f := range l.fields {
		if f.Name == name {
			return f.Offset
		}
	}
	return -1
}

// kindSize returns the bytes of a kind, 0 for one that is not a number.
func kindSize(kind string, word int) int {
	switch kind {
	case "bool", "int8", "uint8":
		return 1
	case "int16", "uint16":
		return 2
	case "int32", "uint32", "float32":
		return 4
	case "int64", "uint64", "float64":
		return 8
	case "int", "uint", "uintptr", "ptr", "unsafe.Pointer":
		return word
	}
	return 0
}

// plainValue writes a number as the probe does.
func plainValue(kind string, raw []byte) string {
	var bits uint64
	switch len(raw) {
	case 1:
		bits = uint64(raw[0])
	case 2:
		bits = uint64(binary.NativeEndian.Uint16(raw))
	case 4:
		bits = uint64(binary.NativeEndian.Uint32(raw))
	case 8:
		bits = binary.NativeEndian.Uint64(raw)
	}
	switch {
	case kind == "bool":
		return strconv.FormatBool(bits != 0)
	case kind == "float32":
		return strconv.FormatFloat(float64(math.Float32frombits(uint32(bits))), 'g', -1, 32)
	case kind == "float64":
		return strconv.FormatFloat(math.Float64frombits(bits), 'g', -1, 64)
	case strings.HasPrefix(kind, "int"):
		shift := 64 - 8*len(raw)
		return strconv.FormatInt(int64(bits<<shift)>>shift, 10)
	}
	return strconv.FormatUint(bits, 10)
}

// moved tells where a field is in two layouts.
func moved(name string, old, new layout) string {
	return fmt.Sprintf("offset %d -> %d", old.offset(name), new.offset(name))
}
