package symplot

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/symtab"
)

func TestReadRecord(t *testing.T) {
	const trace = "panic: x\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x40]\n\n" +
		"goroutine 1 [running]:\nmain.(*T).f(0x1, {0x2, 0x3})\n\t/a b/c.go:4 +0x20\n" +
		"main.g(...)\n\t/c.go:9\ncreated by main.(*T).h in goroutine 7\r\n\t/c.go:8 +0x5f\r\n" +
		"panic({0x1?, 0x2?})\n\t/p.go:1 +0x16f fp=0x1 sp=0x2 pc=0x55\n"
	tests := []struct {
		name, in, kind, want string // address, name and offset of each, or the error
	}{
		{"trace", trace, KindStack, "40  0|0 main.(*T).f 20|0 main.(*T).h 5f|55 runtime.gopanic 16f"},
		{"in a log", "10:00 \tstarted at /x.go:3\n" + trace[:strings.Index(trace, "main.g(")], KindStack, "40  0|0 main.(*T).f 20"},
		{"log with a margin", "app[1]: panic: x\napp[1]: [signal SIGSEGV: x code=0x1 addr=0x0 pc=0x40]\napp[1]:\napp[1]: goroutine 5 gp=0xc0 m=0 mp=0x1 [running]:\n" +
			"app[1]: main.f(0x1)\napp[1]: \t/c.go:4 +0x20\napp[1]: created by main.h in goroutine 7\napp[1]: \t/c.go:8 +0x5f\napp[1]: goroutine 6 [select, 3 minutes]:\napp[1]: main.g()\napp[1]: \t/c.go:9 +0x1\n" +
			"goroutine 1 [running]:\nmain.k()\n\t/c.go:9 +0x2\n", KindStack, "40  0|0 main.f 20|0 main.h 5f|0 main.g 1|0 main.k 2"},
		{"perf script", "old 7 1.5: 250000 cpu-clock:\n\t  49ecca main.(*T[go.shape.int]).get+0x2a (/bin/old)\n\tffffffff81 [unknown] ([kernel.kallsyms])\n", KindStack,
			"49ecca main.(*T[...]).get 2a|49ecca main.(*T[...]).get 0"},
		{"debug=1", "goroutine profile: total 3\n3 @ 0x10 0x20\n#\t0x1f\tmain.f+0x5\t/c.go:1\n", KindStack, "10  0|20  0|1f main.f 5"},
		{"heap debug=1", "heap profile: 1: 8 [2: 16] @ heap/1048576\n1: 8 [2: 16] @ 0x10 0x20\n", KindStack, "10  0|20  0"},
		{"parted list", "0x4a, 4b\n4c 4D,4e\n", KindList, "4a  0|4b  0|4c  0|4d  0|4e  0"},
		{"list", "\n# c\n4a\n0x4B\n\t0X4c \n", KindList, "4a  0|4b  0|4c  0"},
		{"empty", "", "", "record has no addresses"},
		{"comments", "# a\n", "", "record has no addresses"},
		{"only hints", "#\t0x1f\tmain.f+0x5\t/c.go:1\n", "", "record has no addresses"},
		{"prose", "hello\n", "", `line 1: "hello" is neither`},
		{"signed", "0x1\n-1\n", "", `line 2: "-1" is neither`},
		{"too large", "0x1ffffffffffffffff\n", "", "line 1"},
		{"long line", strings.Repeat("1", maxLine+1), "", "line 1 is longer"},
		{"too many", strings.Repeat("1\n", maxAddresses+1), "", "more than"},
		{"cut profile", "\x1f\x8b\x08", "", "cut short"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec, err := ReadRecord("record", strings.NewReader(tt.in))
			if err != nil {
				if tt.kind != "" || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v, want %s", err, tt.want)
				}
				return
			}
			var got []string
			for _, m := range rec.list {
				got = append(got, fmt.Sprintf("%x %s %x", m.pc, m.name, m.offset))
			}
			if list := strings.Join(got, "|"); rec.Kind != tt.kind || list != tt.want {
				t.Errorf("%s %s, want %s %s", rec.Kind, list, tt.kind, tt.want)
			}
		})
	}
}

// TestFrame finds functions by what a stack trace prints of them.
func TestFrame(t *testing.T) {
	old := &symtab.Table{Funcs: []symtab.Func{
		{Entry: 0x1000, End: 0x1100, Name: "main.a"},
		{Entry: 0x1100, End: 0x1200, Name: "main.b[go.shape.int]"},
		{Entry: 0x1200, End: 0x1220, Name: "main.b[go.shape.string]"},
		{Entry: 0x1300, End: 0x1400, Name: "main.c"},
	}}
	new := &symtab.Table{Funcs: []symtab.Func{
		{Entry: 0x1000, End: 0x1010, Name: "main.a"},
		{Entry: 0x1010, End: 0x1080, Name: "main.z"},
		{Entry: 0x1180, End: 0x1260, Name: "main.b[go.shape.int]"},
	}}
	tests := []struct {
		in   mention
		want Address
	}{
		{mention{name: "main.a", offset: 0x10, framed: true, back: true}, Address{0x1010, "main.a", "main.a", Same, "", false}},
		{mention{name: "main.a", offset: 0x11, framed: true, back: true}, Address{0x1011, "main.a", "main.z", Other, "", false}},
		{mention{name: "main.a", offset: 0x100, framed: true, back: true}, Address{0x1100, "main.a", "", Nowhere, "", false}},
		{mention{name: "main.b[...]", offset: 0xa0, framed: true, back: true}, Address{0x11a0, "main.b[go.shape.int]", "main.b[go.shape.int]", Shifted, "", false}},
		{mention{name: "main.b[...]", offset: 0x20, framed: true}, Address{0, "", "", Unknown, "2 functions of OLD are printed as main.b[...]", false}},
		{mention{pc: 0x1210, name: "main.b[...]", offset: 0x10, framed: true}, Address{0x1210, "main.b[go.shape.string]", "main.b[go.shape.int]", Other, "", false}},
		{mention{name: "main.a", offset: 0x101, framed: true}, Address{0, "", "", Unknown, "main.a is shorter than 0x101 bytes in OLD", true}},
		{mention{pc: 0x5010, name: "main.a", offset: 0x10, framed: true}, Address{0x5010, "", "", Unknown, "main.a is elsewhere in OLD", true}},
		{mention{name: "main.x", offset: 1, framed: true}, Address{0, "", "", Unknown, "OLD has no function main.x", false}},
		{mention{pc: 0x1250}, Address{0x1250, "", "", Unknown, "no Go function of OLD is there", false}},
		{mention{pc: 0x1350, name: "main.y"}, Address{0x1350, "", "", Unknown, "the record calls it main.y, OLD main.c", true}},
		{mention{pc: 0x1350, mapped: true}, Address{0x1350, "", "", Unknown, "it is in a library", false}},
		{mention{pc: 0x1350, mapped: true, main: true}, Address{0x1350, "main.c", "", Nowhere, "", false}},
	}
	for _, tt := range tests {
		a, err := follow(&Record{Source: "record", list: []mention{tt.in, {pc: 0x1000}}}, old, new)
		if err != nil {
			t.Fatal(err)
		}
		if a.List[0] != tt.want {
			t.Errorf("%+v: %+v, want %+v", tt.in, a.List[0], tt.want)
		}
	}
	_, err := follow(&Record{Source: "record", list: []mention{{pc: 1}}}, old, new)
	if err == nil || !strings.Contains(err.Error(), "none of the 1 addresses in record") {
		t.Error(err)
	}
}

func FuzzReadRecord(f *testing.F) {
	f.Add([]byte("main.f(0x1)\n\t/c.go:4 +0x20 fp=0x1 sp=0x2 pc=0x55\n"))
	f.Add([]byte("3 @ 0x10 0x20\n#\t0x1f\tmain.f+0x5\t/c.go:1\n"))
	f.Add([]byte("4a\n0x4B\n"))
	f.Add([]byte("created by main.(*T).h in goroutine 7\n\t/c.go:8 +0x5f\n[signal SIGSEGV: x pc=0x40]\n"))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	table := &symtab.Table{Path: "old", Funcs: []symtab.Func{{Entry: 0x10, End: 0x100, Name: "main.f"}, {Entry: 0x100, End: 0x200, Name: "main.b[go.shape.int]"}}}
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := ReadRecord("record", bytes.NewReader(data))
		if err != nil {
			return
		}
		a, err := follow(rec, table, table)
		if err != nil {
			return
		}
		if a.Found != a.Same || a.Found == 0 || a.Found+a.Unknown != len(a.List) {
			t.Errorf("%+v", a)
		}
	})
}
