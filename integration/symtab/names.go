package symtab

import "hash/maphash"

// A nameIndex finds functions by name. A map of Go holds a copy of each key, which
// for a hundred thousand long names lies outside of the processor's caches: this one
// holds places and hashes only, and takes a third of the time.
type nameIndex struct {
	funcs []Func
	first []uint32 // for each function, the place of the first that has its name
	seed  maphash.Seed
	slots []nameSlot // as many as a power of two, at least twice the functions
}

// A nameSlot is free while next is 0.
type nameSlot struct {
	hash uint32
	next uint32 // place behind that of the function
}

// indexNames makes the index of functions in the order of their addresses. The seed is
// random: no file can be made to fill it slowly.
func indexNames(funcs []Func) *nameIndex {
	size := 2
	for size < 2*len(funcs) {
		size *= 2
	}
	x := &nameIndex{funcs, make([]uint32, len(funcs)), maphash.MakeSeed(), make([]nameSlot, size)}
	for i, f := range funcs {
		slot, hash := x.slot(f.Name)
		if slot.next == 0 {
			*slot = nameSlot{hash, uint32(i) + 1}
		}
		x.first[i] = slot.next - 1
	}
	return x
}

// slot returns the slot that has the name, or the free one that it belongs in.
func (x *nameIndex) slot(name string) (s *nameSlot, hash uint32) {
	full := maphash.String(x.seed, name)
	hash = uint32(full >> 32)
	mask := uint64(len(x.slots) - 1)
	for at := full & mask; ; at = (at + 1) & mask {
		s = &x.slots[at]
		if s.next == 0 || s.hash == hash && x.funcs[s.next-1].Name == name {
			return s, hash
		}
	}
}

// find returns the place of the first function of that name.
func (x *nameIndex) find(name string) (place int, ok bool) {
	s, _ := x.slot(name)
	return int(s.next) - 1, s.next != 0
}

// A follower looks up addresses that mostly rise: it goes on from the last one.
type follower struct {
	table *Table
	next  int // the first function that begins behind the last address
}

// lookup is Table.Lookup, but for the place of the function.
func (w *follower) lookup(pc uint64) (place int, ok bool) {
	funcs := w.table.Funcs
	if w.next > 0 && funcs[w.next-1].Entry > pc {
		w.next = w.table.behind(pc)
	}
	for w.next < len(funcs) && funcs[w.next].Entry <= pc {
		w.next++
	}
	if w.next == 0 || pc >= funcs[w.next-1].End {
		return 0, false
	}
	return w.next - 1, true
}
