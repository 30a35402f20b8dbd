package profile

import (
	"errors"
	"fmt"
	"math"
	"testing"

	pprof "github.com/google/pprof/profile"
)

func TestTree(t *testing.T) {
	a := cpu(1, map[string]int64{"f<main": 30, "g<main": 10})
	b := cpu(1, map[string]int64{"f<main": 10, "h<f<main": 30})
	root, err := Tree(a, b)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	var walk func(n *Node, depth int)
	walk = func(n *Node, depth int) {
		got += fmt.Sprintf("%d%s %.2f %.2f\n", depth, n.Name, n.Before, n.After)
		for _, c := range n.Children {
			walk(c, depth+1)
		}
	}
	walk(root, 0)
	want := "0 1.00 1.00\n1main 1.00 1.00\n2f 0.75 1.00\n3h 0.00 0.75\n2g 0.25 0.00\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if _, err := Tree(a, cpu(1, map[string]int64{"f": -1})); err == nil {
		t.Error("negative values: no error")
	}
}

// TestFrames: few locations that many samples name do not make frames without end.
func TestFrames(t *testing.T) {
	long := &pprof.Location{Line: make([]pprof.Line, 10_000)}
	for i := range long.Line {
		long.Line[i].Function = &pprof.Function{Name: "f"}
	}
	p := &pprof.Profile{SampleType: []*pprof.ValueType{{Type: "cpu", Unit: "nanoseconds"}}}
	for range 800 {
		p.Sample = append(p.Sample, &pprof.Sample{Value: []int64{1}, Location: []*pprof.Location{long}})
	}
	if _, err := Compare(p, p); err != nil {
		t.Errorf("8 million frames: %v", err)
	}
	p.Sample = append(p.Sample, p.Sample...)
	if _, err := Compare(p, p); !errors.Is(err, ErrTooLarge) {
		t.Errorf("16 million frames: %v", err)
	}
}

// TestTreeBounds: stacks without end do not make a tree without end, and the
// largest keep their place.
func TestTreeBounds(t *testing.T) {
	p := &pprof.Profile{SampleType: []*pprof.ValueType{{Type: "cpu", Unit: "nanoseconds"}}}
	location := func(name string) *pprof.Location {
		return &pprof.Location{Line: []pprof.Line{{Function: &pprof.Function{Name: name}}}}
	}
	for i := range 600 {
		s := &pprof.Sample{Value: []int64{1}}
		for j := range 400 {
			s.Location = append(s.Location, location(fmt.Sprint(i, j)))
		}
		p.Sample = append(p.Sample, s)
	}
	p.Sample = append(p.Sample, &pprof.Sample{Value: []int64{math.MaxInt64 / 2}, Location: []*pprof.Location{location("large")}})
	root, err := Tree(p, p)
	if err != nil {
		t.Fatal(err)
	}
	var large *Node
	nodes, deepest := 0, 0
	var walk func(n *Node, depth int)
	walk = func(n *Node, depth int) {
		if n.Name == "large" {
			large = n
		}
		nodes, deepest = nodes+1, max(deepest, depth)
		for _, c := range n.Children {
			walk(c, depth+1)
		}
	}
	walk(root, 0)
	if nodes > maxNodes+1 || deepest > maxDepth || large == nil {
		t.Errorf("%d nodes, %d deep, large %v", nodes, deepest, large)
	}
}
