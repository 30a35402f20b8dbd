package profile

import (
	"cmp"
	"slices"
	"strings"

	pprof "github.com/google/pprof/profile"
)

// Limits of a tree: hostile profiles have stacks without end.
const (
	maxDepth = 256
	maxNodes = 100_000
)

// A Node is a function as called by the one above it, in both of two profiles. The
// shares are of all that was measured, in it and in what it calls, 0 to 1.
type Node struct {
	Name          string
	Before, After float64
	Children      []*Node // by name
}

// Tree joins the calls of two profiles that [Compare] accepts, from the outermost
// function to the innermost. The root has no name. Frames below the 256th are left
// out, and so are stacks that do not find room among 100,000 nodes, where
// those of the largest values come first.
func Tree(a, b *pprof.Profile) (*Node, error) {
	if _, err := Compare(a, b); err != nil {
		return nil, err
	}
	// Have: the same types, no negative values.
	t := tree{root: &Node{}, children: make(map[*Node]map[string]*Node)}
	index := defaultType(a)
	t.add(a, index, func(n *Node, share float64) { n.Before += share })
	t.add(b, index, func(n *Node, share float64) { n.After += share })
	for parent, m := range t.children {
		for _, n := range m {
			parent.Children = append(parent.Children, n)
		}
		slices.SortFunc(parent.Children, func(x, y *Node) int { return strings.Compare(x.Name, y.Name) })
	}
	return t.root, nil
}

type tree struct {
	root     *Node
	nodes    int
	children map[*Node]map[string]*Node
}

func (t *tree) add(p *pprof.Profile, index int, count func(*Node, float64)) {
	samples := slices.Clone(p.Sample)
	slices.SortStableFunc(samples, func(x, y *pprof.Sample) int {
		return cmp.Compare(y.Value[index], x.Value[index])
	})
	total := 0.0
	for _, s := range samples {
		if len(s.Location) > 0 {
			total += float64(s.Value[index])
		}
	}
	for _, s := range samples {
		if total == 0 || s.Value[index] == 0 || len(s.Location) == 0 {
			continue
		}
		share := float64(s.Value[index]) / total
		count(t.root, share)
		t.descend(s, func(n *Node) { count(n, share) })
	}
}

// descend visits the nodes of a stack below the root.
func (t *tree) descend(s *pprof.Sample, visit func(*Node)) {
	n, depth := t.root, 0
	for _, loc := range slices.Backward(s.Location) {
		for _, name := range slices.Backward(names(loc)) {
			if depth++; depth > maxDepth {
				return
			}
			if n = t.child(n, name); n == nil {
				return
			}
			visit(n)
		}
	}
}

// child returns the node of a function below n, nil when there is no room for it.
func (t *tree) child(n *Node, name string) *Node {
	if c := t.children[n][name]; c != nil {
		return c
	}
	if t.nodes >= maxNodes {
		return nil
	}
	t.nodes++
	if t.children[n] == nil {
		t.children[n] = make(map[string]*Node)
	}
	c := &Node{Name: name}
	t.children[n][name] = c
	return c
}
