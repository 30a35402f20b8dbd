package confirm

import (
	"maps"
	"strings"
	"testing"
)

func TestParseCast(t *testing.T) {
	c, err := parseCast(`"main.T" 24 8 "/dev/shm/ring" "4d00000000000000e803000000000000ff" "Seq:uint64:0,Limit:int32:8,H.On:bool:16,Rest:float64:16"`)
	if err != nil {
		t.Fatal(err)
	}
	if c.Type != "main.T" || c.Size != 24 || c.Word != 8 || c.File != "/dev/shm/ring" || len(c.Raw) != 17 || len(c.Fields) != 4 {
		t.Errorf("got %+v", c)
	}
	want := map[string]string{"Seq": "77", "Limit": "1000", "H.On": "true"} // Rest is not all there
	if got := c.layout().decode(c.Raw); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, text := range []string{
		"", `"T"`, `"T" x 8 "" "" ""`, `"T" 8 7 "" "" ""`, `"T" -8 8 "" "" ""`, `"T" 8 8 "" "0g" ""`,
		`"T" 8 8 "" "00" "a:b"`, `"T" 8 8 "" "00" "a:uint8:-1"`, `"T" 8 8 "" "00`, `T 8 8 "" "" ""`,
	} {
		if c, err := parseCast(text); err == nil {
			t.Errorf("%s gives %+v", text, c)
		}
	}
}

func TestDecodeKinds(t *testing.T) {
	raw := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	for kind, want := range map[string]string{
		"int8": "-1", "uint8": "255", "int16": "-1", "uint16": "65535", "int32": "-1", "uint32": "4294967295",
		"int64": "-1", "uint64": "18446744073709551615", "bool": "true", "float32": "NaN", "float64": "NaN",
		"uintptr": "18446744073709551615", "unsafe.Pointer": "18446744073709551615",
	} {
		l := layout{size: 8, word: 8, fields: []Leaf{{"F", kind, 0}}}
		if got := l.decode(raw)["F"]; got != want {
			t.Errorf("%s: got %s, want %s", kind, got, want)
		}
	}
	for _, f := range []Leaf{{"F", "string", 0}, {"F", "uint64", 1}, {"F", "uint64", 1 << 62}, {"F", "uint8", 8}} {
		l := layout{size: 8, word: 8, fields: []Leaf{f}}
		if got := l.decode(raw); len(got) > 0 {
			t.Errorf("%+v: got %v", f, got)
		}
	}
	if got := (layout{word: 4, fields: []Leaf{{"F", "int", 0}}}).decode(raw[:4])["F"]; got != "-1" {
		t.Errorf("an int of 32 bits: got %s", got)
	}
}

func TestLastLine(t *testing.T) {
	for output, want := range map[string]string{
		"a\npanic: T has grown\n\ngoroutine 1 [running]:\n": "panic: T has grown",
		"one\ntwo\n": "two",
		"":           "",
	} {
		if got := lastLine(output); got != want {
			t.Errorf("%s: got %s, want %s", strings.ReplaceAll(output, "\n", "|"), got, want)
		}
	}
}
