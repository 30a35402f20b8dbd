package profile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	pprof "github.com/google/pprof/profile"
)

// draw takes samples of a program whose functions have shares that fall as 1/rank,
// as those of a web server do. The function of hot is called in its share of them.
func draw(random *rand.Rand, samples, functions int, hot float64) map[string]int64 {
	weights := make([]float64, functions)
	total := 0.0
	for i := range weights {
		total += 1 / float64(i+1)
		weights[i] = total
	}
	stacks := make(map[string]int64)
	for range samples {
		if random.Float64() < hot {
			stacks["hot<main"]++
			continue
		}
		at, i := random.Float64()*total, 0
		for weights[i] < at {
			i++
		}
		stacks[fmt.Sprintf("f%d<g%d<main", i, random.IntN(4))]++
	}
	return stacks
}

// TestChance: of two samples of the same program nothing has moved, however few and
// flat they are, and of two programs what has.
func TestChance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, tt := range []struct{ a, b, functions int }{
		{100, 100, 200}, {150, 150, 300}, {500, 500, 300}, {400, 100, 100}, {3000, 1500, 1000},
	} {
		const times = 60
		shift, chance, alike := 0.0, 0.0, 0.0
		worst, least := 0.0, 1.0
		for range times {
			a, b := cpu(5, draw(random, tt.a, tt.functions, 0)), cpu(5, draw(random, tt.b, tt.functions, 0))
			d, err := Compare(a, b)
			if err != nil {
				t.Fatal(err)
			}
			shift, chance, alike = shift+d.Shift/times, chance+d.Chance/times, alike+d.Alike/times
			worst = max(worst, d.Moved)
			moved, err := Compare(a, cpu(5, draw(random, tt.b, tt.functions, 0.8)))
			if err != nil {
				t.Fatal(err)
			}
			if moved.Chance < MostChance {
				least = min(least, moved.Moved)
			}
		}
		if math.Abs(shift-chance) > 0.02 || alike < 0.9 || worst > 0.3 || least < 0.5 {
			t.Errorf("%+v: shift %.3f, chance %.3f, alike %.3f; moved at most %.3f, a hot spot of 0.8 at least %.3f", tt, shift, chance, alike, worst, least)
		}
	}
}

func TestChanceEdges(t *testing.T) {
	for name, tt := range map[string]struct {
		a, b                 map[string]int64
		chance, moved, alike float64
	}{
		"same":           {map[string]int64{"f<main": 5000}, map[string]int64{"f<main": 3000}, 0, 0, 1},
		"empty":          {map[string]int64{"f<main": 5}, nil, 0, 1, 0},
		"each but once":  {map[string]int64{"f<main": 1, "g<main": 1}, map[string]int64{"h<main": 1, "i<main": 1}, 1, 0, 0},
		"beyond compare": {map[string]int64{"f<main": 100000}, map[string]int64{"g<main": 1}, 0, 1, 0},
	} {
		d, err := Compare(cpu(5, tt.a), cpu(5, tt.b))
		if err != nil || math.Abs(d.Chance-tt.chance) > 0.01 || math.Abs(d.Moved-tt.moved) > 0.01 || math.Abs(d.Alike-tt.alike) > 0.01 {
			t.Errorf("%s: chance %v, moved %v, alike %v, %v", name, d.Chance, d.Moved, d.Alike, err)
		}
	}
	// What is counted in other units than the period is not sampled.
	a, b := cpu(5, map[string]int64{"f<main": 1, "g<main": 1}), cpu(5, map[string]int64{"f<main": 2})
	a.PeriodType = &pprof.ValueType{Type: "contentions", Unit: "count"}
	b.PeriodType = a.PeriodType
	if d, err := Compare(a, b); err != nil || d.Chance != 0 || d.Moved != d.Shift || d.Alike != d.Stacks {
		t.Errorf("not sampled: %+v, %v", d, err)
	}
}
