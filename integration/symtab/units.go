package symtab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Limits of the units. A large program has some thousand.
const (
	maxUnits       = 1 << 20
	maxAbbrev      = 16 << 20
	maxAbbrevAttrs = 128
	maxString      = 1 << 20 // bytes of one string, zero excluded
)

// firstUnits is how many bytes of .debug_info are read at first.
const firstUnits = 1 << 20

// units is the section .debug_info, which is read from its front as far as it is asked
// for. The linker keeps all types of Go in one unit, that of the package runtime
// (movetomodule in cmd/link/internal/ld/dwarf.go), and has the units in the order of
// their code, so that the types are near the front: to uncompress the section is nearly
// all that it costs.
type units struct {
	order  binary.ByteOrder
	in     io.Reader
	size   uint64 // of the section, as it claims
	data   []byte // whole units, from the first
	count  int
	abbrev []byte          // .debug_abbrev
	tables map[uint64]bool // offsets in it that are checked
	total  int             // length of those tables
	failed error
}

// more reads units up to twice as many bytes as there were, so that the whole of it
// is looked through a few times at most. It returns io.EOF behind the last.
func (u *units) more() error {
	if u.failed != nil {
		return u.failed
	}
	if uint64(len(u.data)) == u.size {
		return io.EOF
	}
	for want := min(u.size, max(firstUnits, 2*uint64(len(u.data)))); uint64(len(u.data)) < want; {
		if err := u.unit(); err != nil {
			u.failed = err // the reader has gone on
			return err
		}
	}
	return nil
}

var errUnit = errors.New("damaged DWARF: a unit is cut short")

// unit reads one unit (DWARF 5, section 7.5.1) and refuses what debug/dwarf would spend
// memory on out of proportion: it parses the table of abbreviations anew for each offset
// that a unit gives, makes a slice as long as the abbreviation says for every entry, and
// copies strings up to the next zero byte.
func (u *units) unit() error {
	if u.count++; u.count > maxUnits {
		return fmt.Errorf("damaged DWARF: more than %d units", maxUnits)
	}
	word := 4
	head, err := u.take(4)
	if err != nil {
		return err
	}
	length := uint64(u.order.Uint32(head))
	if length == math.MaxUint32 {
		word = 8
		if head, err = u.take(8); err != nil {
			return err
		}
		length = u.order.Uint64(head)
	}
	body, err := u.take(length)
	if err != nil {
		return err
	}
	if err := checkStrings(body); err != nil {
		return err
	}
	at := 2
	if len(body) >= at && u.order.Uint16(body) >= 5 {
		at += 2 // the type of the unit and the size of addresses come first
	}
	if len(body) < at+word {
		return errUnit
	}
	if word == 8 {
		return u.checkTable(u.order.Uint64(body[at:]))
	}
	return u.checkTable(uint64(u.order.Uint32(body[at:])))
}

// take reads the next bytes.
func (u *units) take(n uint64) ([]byte, error) {
	at := uint64(len(u.data))
	if n > u.size-at {
		return nil, errUnit
	}
	if u.data == nil {
		u.data = make([]byte, 0, u.size) // pages that are not written to take no memory
	}
	part := u.data[at : at+n]
	if _, err := io.ReadFull(u.in, part); err != nil {
		return nil, fmt.Errorf("section .debug_info: %w", err)
	}
	u.data = u.data[:at+n]
	return part, nil
}

// checkStrings refuses data without a zero byte over a long stretch. It looks at blocks:
// a string that is too long has one as a whole.
func checkStrings(data []byte) error {
	const block = maxString / 2
	for ; len(data) >= block; data = data[block:] {
		if bytes.IndexByte(data[:block], 0) < 0 {
			return fmt.Errorf("damaged DWARF: a string of more than %d bytes", block)
		}
	}
	return nil
}

// checkTable checks the table of abbreviations that a unit names.
func (u *units) checkTable(abbrev uint64) error {
	if u.tables[abbrev] {
		return nil
	}
	u.tables[abbrev] = true
	if abbrev > uint64(len(u.abbrev)) {
		return errors.New("damaged DWARF: a unit's abbreviations lie outside of their section")
	}
	n, err := abbrevLength(u.abbrev[abbrev:])
	if u.total += n; err != nil || u.total > maxAbbrev {
		return errors.New("damaged DWARF: the abbreviations are not plausible")
	}
	return nil
}

// abbrevLength returns the length of the table of abbreviations that begins here
// (DWARF 5, section 7.5.3).
func abbrevLength(table []byte) (int, error) {
	const formImplicitConst = 0x21
	r := bytes.NewReader(table)
	var err error
	number := func() uint64 {
		n, e := binary.ReadUvarint(r)
		err = errors.Join(err, e)
		return n
	}
	for err == nil && number() != 0 {
		number() // tag
		_, e := r.ReadByte()
		err = errors.Join(err, e)
		for attrs := 0; err == nil; attrs++ {
			attr, form := number(), number()
			if form == formImplicitConst {
				number() // signed, but as long
			}
			if attr == 0 && form == 0 {
				break
			}
			if attrs > maxAbbrevAttrs {
				return 0, errors.New("too many attributes")
			}
		}
	}
	return len(table) - r.Len(), err
}
