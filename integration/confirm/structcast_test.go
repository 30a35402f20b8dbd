package confirm

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/hotvet/hotvet/integration/finding"
)

// words makes the memory of numbers of 8 bytes.
func words(list ...uint64) (raw []byte) {
	for _, n := range list {
		raw = binary.NativeEndian.AppendUint64(raw, n)
	}
	return raw
}

// seqLimit is a cast of a struct of Seq and Limit, which begins at an offset.
func seqLimit(at int, from string, raw ...uint64) map[int][]Cast {
	return map[int][]Cast{0: {{
		Type: "main.T", Size: at + 16, Word: 8, Raw: words(raw...), From: from, Order: 1,
		Fields: []Leaf{{"Seq", "uint64", at}, {"Limit", "uint64", at + 8}},
	}}}
}

// limit is a use of Limit.
func limit(value string) []Use { return []Use{{Number: 0, Value: value, Order: 2}} }

func TestJudgeCast(t *testing.T) {
	const left = "state at byte 0, as the old program left it"
	oldRuns := []*Image{
		{PID: 1, End: Exited, Casts: seqLimit(0, "", 77, 1000), Uses: limit("1000")},
		{PID: 2, End: Exited, Casts: seqLimit(0, "", 77, 1000), Uses: limit("1000")},
	}
	updated := func(casts map[int][]Cast, uses []Use) *Image {
		return &Image{PID: 3, End: Exited, Updated: true, Casts: casts, Uses: uses}
	}
	data := plannedUse{field: "Limit", place: finding.Position{File: "main.go", Line: 45}}
	check := plannedUse{field: "Limit", place: data.place, check: true}
	changes := plannedUse{field: "Limit", place: data.place, changes: true}
	for _, test := range []struct {
		name, kind string
		use        plannedUse
		old        []*Image
		new        *Image
		exit       string
		output     string
		want, says string
	}{
		{"wrong value is used", "file", data, oldRuns, updated(seqLimit(8, left, 77, 1000, 9), limit("9")), "", "",
			finding.Confirmed, "Limit was 1000, the update reads 9; offset 8 -> 16"},
		{"old program never came", "file", data, []*Image{{PID: 1}}, updated(seqLimit(8, left, 77, 1000, 9), limit("9")), "", "",
			finding.Unreached, "the old program never came to this cast"},
		{"the restart ran the old binary", "file", data, oldRuns, nil, "", "",
			finding.Unreached, "what came after the restart was the old one"},
		{"only compared", "file", check, oldRuns, updated(seqLimit(8, left, 77, 1000, 9), limit("9")), "", "",
			finding.Unreached, "no field of it is read"},
		{"refused behind the cast", "file", data, oldRuns, updated(seqLimit(8, left, 77, 1000, 9), nil), "", "",
			finding.Refuted, "none of these was used"},
		{"replaced by a fresh value", "file", data, oldRuns, updated(seqLimit(8, left, 77, 1000, 9), limit("5")), "", "",
			finding.Refuted, "none of these was used"},
		{"zero of a fresh value", "file", data, oldRuns, updated(seqLimit(8, left, 77, 1000, 0), limit("0")), "", "",
			finding.Unreached, "do not tell the layouts apart"},
		{"value that the old one knows", "file", data, oldRuns, updated(seqLimit(8, left, 77, 1000, 1000), limit("1000")), "", "",
			finding.Unreached, "do not tell the layouts apart"},
		{"changed since", "file", changes, oldRuns, updated(seqLimit(8, left, 77, 1000, 9), limit("10")), "", "",
			finding.Unreached, "changed itself since"},
		{"used before the cast", "file", data, oldRuns, updated(seqLimit(8, left, 77, 1000, 9), []Use{{Value: "9"}}), "", "",
			finding.Refuted, "none of these was used"},
		{"crashed before a use", "file", data, oldRuns, updated(seqLimit(8, left, 77, 1000, 9), nil), "exit status 2", "panic: runtime error: index out of range",
			finding.Unreached, "crashed"},
		{"own bytes, same values", "file", data, oldRuns, updated(seqLimit(8, "", 0, 77, 1000), limit("1000")), "", "",
			finding.Refuted, "only what it wrote itself"},
		{"own bytes, other values", "file", data, oldRuns, updated(seqLimit(8, "", 0, 78, 2000), limit("2000")), "", "",
			finding.Unreached, "did not read what the old one left"},
		{"same layout", "arch", data, oldRuns, updated(seqLimit(0, left, 77, 1000), limit("1000")), "", "",
			finding.Refuted, "the same values in both"},
		{"private memory", "shm", data, oldRuns, updated(seqLimit(8, "", 0, 0, 0), limit("0")), "", "",
			finding.Refuted, "belongs to the process alone"},
		{"refused before the cast", "file", data, oldRuns, updated(nil, nil), "", "",
			finding.Refuted, "does not take the bytes"},
		{"not seen by the old one again", "file", data, oldRuns[:1], updated(nil, nil), "", "",
			finding.Unreached, "did not come to this cast again"},
		{"refuses to start", "file", data, oldRuns, updated(nil, nil), "exit status 2", "panic: T has grown\n",
			finding.Refuted, "panic: T has grown"},
		{"crashed before the cast", "file", data, oldRuns, updated(nil, nil), "exit status 2", "panic: runtime error: index out of range",
			finding.Unreached, "crashed before it came"},
		{"mirror", "mirror", check, oldRuns, updated(seqLimit(8, "", 77, 1000, 0), limit("0")), "", "",
			finding.Confirmed, "nothing notices"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := &Observation{Trial: Update, Images: test.old, Exit: "exit status 0", Output: test.output}
			if test.exit != "" {
				o.Exit = test.exit
			}
			if test.new != nil {
				o.Images = append(o.Images[:len(o.Images):len(o.Images)], test.new)
			}
			got := judgeCast(&Case{
				Finding:     &finding.Finding{Category: "structcast/" + test.kind},
				Observation: o,
				cast:        &castCase{name: "main.T", change: "a field more", uses: []plannedUse{test.use}},
			})
			text := got.reason
			for _, e := range got.evidence {
				text += "\n" + e.Text
			}
			if got.result != test.want || !strings.Contains(text, test.says) {
				t.Errorf("got %s: %s\nwant %s: %s", got.result, text, test.want, test.says)
			}
		})
	}
}

// TestJudgeSocket holds that bytes of the new program's own peers are not taken for
// those of the old program.
func TestJudgeSocket(t *testing.T) {
	sent := seqLimit(0, "", 77, 1000)[0]
	old := &Image{PID: 1, Casts: map[int][]Cast{0: sent, 1: sent}, Uses: limit("1000")}
	for want, raw := range map[string][]uint64{
		finding.Confirmed: {77, 1000, 9}, // as they were sent
		finding.Unreached: {78, 1000, 9},
	} {
		update := &Image{PID: 2, Updated: true, Casts: seqLimit(8, "", raw...), Uses: limit("9")}
		got := judgeCast(&Case{
			Finding: &finding.Finding{Category: "structcast/socket", Related: []finding.Related{{}}}, Ends: []int{1},
			Observation: &Observation{Images: []*Image{old, update}},
			cast:        &castCase{name: "main.T", uses: []plannedUse{{field: "Limit"}}},
		})
		if got.result != want {
			t.Errorf("%v: got %s, want %s (%s)", raw, got.result, want, got.reason)
		}
	}
}

func TestJudgeShort(t *testing.T) {
	counters := [][]uint64{make([]uint64, probeSlots)}
	counters[0][probeHits] = 1
	for _, test := range []struct {
		name string
		m    *Image
		want string
	}{
		{"too short once", &Image{Spans: map[int][]Span{0: {{16, 16}, {12, 16}}}}, finding.Confirmed},
		{"long enough", &Image{Spans: map[int][]Span{0: {{16, 16}}}}, finding.Refuted},
		{"buffer not seen", &Image{Counters: counters}, finding.Unreached},
		{"never there", &Image{}, finding.Unreached},
	} {
		got := judgeShort(&Case{Observation: &Observation{Images: []*Image{test.m}}})
		if got.result != test.want || got.result == finding.Unreached && got.reason == "" {
			t.Errorf("%s: got %s (%s), want %s", test.name, got.result, got.reason, test.want)
		}
	}
}
