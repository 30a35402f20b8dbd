package build

import "fmt"

// A Text is put at an exact place in a file. Line and Column count from 1, Column
// in bytes. Of two at one place, the first in the list stands first.
type Text struct {
	Line, Column int
	Text         string
	// Closes says that the text belongs to what ends at the place, such as a closing
	// parenthesis. Other texts belong to what begins there.
	Closes bool
}

// texts returns the edits for the texts of a site.
func (p *parsed) texts(s Site) (list []edit, err error) {
	for _, t := range s.Texts {
		if t.Line < 1 || t.Line > p.file.LineCount() || t.Column < 1 {
			return nil, fmt.Errorf("%s has no line %d: it changed since it was checked", p.name, t.Line)
		}
		at := p.pos(t.Line, t.Column)
		if at > p.ast.FileEnd {
			return nil, fmt.Errorf("%s:%d has no column %d: it changed since it was checked", p.name, t.Line, t.Column)
		}
		rank := opens
		if t.Closes {
			rank = closes
		}
		list = append(list, edit{p.file.Offset(at), t.Text, rank})
	}
	return list, nil
}
