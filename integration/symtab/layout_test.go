package symtab

import (
	"slices"
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	for _, flags := range [][]string{nil, {"cgo"}, {"-buildmode=pie"}, {"-ldflags=-compressdwarf=false"}} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			types, err := OpenTypes(build(t, nil, flags...))
			if err != nil {
				t.Fatal(err)
			}
			tests := map[string]string{
				"main.counters": "72 bytes: Shard main.ID @0 Slots [2]main.inner @8 Slots[].X uint8 @8 Slots[].Y uint64 @16" +
					" Seq uint64 @40 Names map[string]int @48 Err error @56",
				"example.test/prog/yaml.v3.Node": "24 bytes: Line int32 @0 Text string @8",
				"main.Pair[int32,example.test/prog/yaml.v3.Node]": "32 bytes: A int32 @0" +
					" B example.test/prog/yaml.v3.Node @8 B.Line int32 @8 B.Text string @16",
				"main.Pair[main.ID,*main.inner]": "16 bytes: A main.ID @0 B *main.inner @8",
			}
			for name, want := range tests {
				s, err := types.Layout(name)
				if err != nil {
					t.Error(err)
				} else if s.String() != want {
					t.Errorf("%s:\n got %s\nwant %s", name, s, want)
				}
			}
			for _, name := range []string{"main.missing", "counters", "main.ID", "", "main.counter"} {
				if s, err := types.Layout(name); err == nil || !strings.Contains(err.Error(), "not found") {
					t.Errorf("%q: %v, %v", name, s, err)
				}
			}
		})
	}
}

func TestLayoutWithoutDWARF(t *testing.T) {
	for flag, want := range map[string]string{"-ldflags=-w": "built with -ldflags=-w", "-ldflags=-s": "-ldflags=-s, or stripped"} {
		_, err := Layout(build(t, nil, flag), "main.counters")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestDiffLayout(t *testing.T) {
	tests := []struct {
		name, change string
		want         []string
	}{
		{"same", "", nil},
		{"inserted", insertField, []string{
			"size changed from 72 to 80 bytes", "field Slots moved from offset 8 to 16", "field Seq moved from offset 40 to 48",
			"field Names moved from offset 48 to 56", "field Err moved from offset 56 to 64", "field Inserted inserted at offset 8"}},
		{"removed", "Seq   uint64=>", []string{
			"size changed from 72 to 64 bytes", "field Seq removed from offset 40",
			"field Names moved from offset 48 to 40", "field Err moved from offset 56 to 48"}},
		{"retyped", "Seq   uint64=>Seq float64", []string{"field Seq changed from uint64 (uint64) to float64 (float64)"}},
		{"beneath a name", "type ID int32=>type ID uint32", []string{"field Shard changed from main.ID (int32) to main.ID (uint32)"}},
		{"swapped inside", "X uint8\n\tY uint64=>Y uint64\n\tX uint8", []string{
			"field Slots[].X moved from offset 8 to 16", "field Slots[].Y moved from offset 16 to 8"}},
		{"resized inside", "X uint8=>X uint8\n\tZ uint64", []string{
			"size changed from 72 to 88 bytes", "field Slots changed its size from 32 to 48 bytes",
			"field Slots[].Y moved from offset 16 to 24", "field Seq moved from offset 40 to 56",
			"field Names moved from offset 48 to 64", "field Err moved from offset 56 to 72", "field Slots[].Z inserted at offset 16"}},
	}
	old, err := Layout(build(t, nil), "main.counters")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var changes []string
			if tt.change != "" {
				changes = []string{tt.change}
			}
			new, err := Layout(build(t, changes), "main.counters")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range DiffLayout(old, new) {
				got = append(got, c.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestDiffLayoutBlank(t *testing.T) {
	blank := func(n int) Struct {
		var s Struct
		for i := range n {
			s.Fields = append(s.Fields, Field{Name: "_", Type: "int32", Offset: int64(4 * i), Size: 4})
		}
		return s
	}
	got := DiffLayout(blank(2), blank(3))
	if len(got) != 1 || got[0].Kind != Inserted || got[0].New.Offset != 8 {
		t.Errorf("%+v", got)
	}
}
