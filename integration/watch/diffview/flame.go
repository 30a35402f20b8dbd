package diffview

import (
	"fmt"

	"github.com/hotvet/hotvet/integration/profile"
)

const (
	maxFrames  = 3000   // more make a page slow
	leastFrame = 0.0005 // share of the width: narrower frames cannot be seen
	rowHeight  = 19     // pixels
)

// A flame is the flame graph of a difference: a frame is as wide as the mean of its
// shares before and after, so that what is new and what is gone both show and the
// widths add up; its colour tells the change.
type flame struct {
	Frames []frame
	Rows   int
	Hidden int // frames too narrow or too many, without those below them
}

// A frame is one function as called by the one above it. X and W are shares of the
// width.
type frame struct {
	Name, Short, Text, Tone string
	X, W                    float64
	Row                     int
}

// Left and Width are the place in percent.
func (f frame) Left() string  { return fmt.Sprintf("%.4f%%", 100*f.X) }
func (f frame) Width() string { return fmt.Sprintf("%.4f%%", 100*f.W) }

// Top is the place in pixels.
func (f frame) Top() int { return f.Row * rowHeight }

// Height is that of the graph in pixels.
func (f flame) Height() int { return f.Rows * rowHeight }

func newFlame(root *profile.Node) flame {
	var f flame
	// Row by row, so that the widest are kept when there are too many.
	type placed struct {
		node *profile.Node
		x    float64
	}
	row := []placed{{root, 0}}
	for depth := 0; len(row) > 0; depth++ {
		var next []placed
		for _, p := range row {
			w := width(p.node)
			if w < leastFrame || len(f.Frames) >= maxFrames {
				f.Hidden++
				continue
			}
			f.Rows = depth + 1
			f.Frames = append(f.Frames, newFrame(p.node, p.x, w, depth))
			x := p.x
			for _, c := range p.node.Children {
				next = append(next, placed{c, x})
				x += width(c)
			}
		}
		row = next
	}
	return f
}

func width(n *profile.Node) float64 { return (n.Before + n.After) / 2 }

func newFrame(n *profile.Node, x, w float64, depth int) frame {
	change := n.After - n.Before
	name := n.Name
	if depth == 0 {
		name = "all"
	}
	return frame{
		Name: name, Short: short(name), Tone: tone(change),
		Text: fmt.Sprintf("%.1f %% before, %.1f %% after, change %s", 100*n.Before, 100*n.After, points(change)),
		X:    x, W: w, Row: depth,
	}
}
