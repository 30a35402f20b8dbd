package gatefacts

import (
	"fmt"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/hotvet/hotvet/integration/gate"
	"github.com/hotvet/hotvet/integration/internal/regular"
	"github.com/hotvet/hotvet/integration/profile"
)

// readProfiles reads and compares two files.
func readProfiles(oldName, newName string) *gate.Profiles {
	old, oldErr := readProfile(oldName)
	new, newErr := readProfile(newName)
	p := &gate.Profiles{Old: described(oldName, old, oldErr), New: described(newName, new, newErr)}
	if oldErr != nil || newErr != nil {
		return p
	}
	gap, err := profile.Gap(profile.Describe(old).Window(), profile.Describe(new).Window())
	if err != nil {
		p.Gap = gate.Missing[time.Duration](err.Error())
	} else {
		p.Gap = gate.Known(gap)
	}
	p.Compared = compareProfiles(old, new)
	return p
}

func readProfile(name string) (*pprof.Profile, error) {
	file, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return profile.Read(file)
}

func described(name string, p *pprof.Profile, err error) gate.Fact[string] {
	if err != nil {
		return gate.Missing[string](fmt.Sprintf("%s: %v", name, err))
	}
	return gate.Known(fmt.Sprintf("%s has %d different stacks", name, len(p.Sample)))
}

func compareProfiles(old, new *pprof.Profile) gate.Fact[gate.Comparison] {
	d, err := profile.Compare(old, new)
	if err != nil {
		return gate.Missing[gate.Comparison](err.Error())
	}
	if d.Chance >= profile.MostChance && min(d.Before.Total, d.After.Total) > 0 {
		return gate.Missing[gate.Comparison](fmt.Sprintf("chance alone makes %.0f %% of a difference between so few samples; longer profiles, or more load, tell more", 100*d.Chance))
	}
	c := gate.Comparison{
		Type:       d.Type,
		OldSamples: d.Before.Stacks,
		NewSamples: d.After.Stacks,
		Stacks:     d.Alike,
		Shift:      d.Moved,
	}
	if len(d.Functions) > 0 {
		f := d.Functions[0]
		c.Largest = fmt.Sprintf("%s, %.1f %% became %.1f %%", f.Name, f.Before.Flat*100, f.After.Flat*100)
	}
	return gate.Known(c)
}
