//go:build linux && (amd64 || arm64 || 386 || arm)

package process

import (
	"strings"
	"testing"
)

// Lines as the kernel writes them on little-endian machines.
func TestParse(t *testing.T) {
	for _, test := range []struct {
		line  string
		inode string // empty: not a listener
		want  Address
	}{
		{"0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0",
			"4711", Address{"tcp", "127.0.0.1:8080", true}},
		{"1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0",
			"12", Address{"tcp", "0.0.0.0:80", false}},
		{"2: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0", "", Address{}},
		{"3: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 14 1 0",
			"14", Address{"tcp", "[::1]:8080", true}},
		{"4: 0000000000000000FFFF00000100007F:0001 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 15 1 0",
			"15", Address{"tcp", "127.0.0.1:1", true}},
		{"5: 0100007:1F90 0:0 0A 0:0 0:0 0 0 0 16 1 0", "", Address{}},
		{"6: 01007F:1F90 0:0 0A 0:0 0:0 0 0 0 17 1 0", "", Address{}},
		{"", "", Address{}},
	} {
		inode, a, ok := parseTCP(strings.Fields(test.line))
		if ok != (test.inode != "") || inode != test.inode || a != test.want {
			t.Errorf("%s: got %q, %v, %v", test.line, inode, a, ok)
		}
	}
	for _, test := range []struct {
		line, inode string
		want        Address
	}{
		{"ffff: 00000002 00000000 00010000 0001 01 99 /run/my app.sock", "99", Address{"unix", "/run/my app.sock", true}},
		{"ffff: 00000002 00000000 00010000 0001 01 98 @abstract", "98", Address{"unix", "@abstract", true}},
		{"ffff: 00000003 00000000 00000000 0001 03 97 /run/connected.sock", "", Address{}},
		{"ffff: 00000003 00000000 00010000 0005 01 96 /run/packets.sock", "", Address{}},
		{"ffff: 00000002 00000000 00010000 0001 01 95", "", Address{}},
	} {
		inode, a, ok := parseUnix(strings.Fields(test.line))
		if ok != (test.inode != "") || inode != test.inode || a != test.want {
			t.Errorf("%s: got %q, %v, %v", test.line, inode, a, ok)
		}
	}
}
