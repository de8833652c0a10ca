package seeds

import (
	"fmt"

	"shuixuan/app/survey"
)

// Registered is a step of paper that the office registers.
type Registered struct {
	Campaign string
	Wave     string
	Move     survey.SheetMove
}

// registeredDigits is the width of a registered number.
const registeredDigits = 4

// printedBlank is how many sheets more than were handed out were printed.
const printedBlank = 15

// Sheets are the paper of one distributor of the first wave, from print to archive: who
// brought 190 sheets back and kept some. The other parties number theirs by themselves and
// send a table, as units do that never met the register; in the second wave all do.
func Sheets(distributor string) []Registered {
	var list []Registered
	for _, f := range demoFieldworks {
		for _, p := range f.parties {
			if p.registered == "" {
				continue
			}
			add := func(m survey.SheetMove, first, last int) {
				m.Spans = []survey.Span{{Prefix: p.registered, Digits: registeredDigits, First: first, Last: last}}
				list = append(list, Registered{f.campaign, f.wave, m})
			}
			all := printedBlank
			for _, l := range p.lots {
				all += l.n + l.out
			}
			add(survey.SheetMove{Step: survey.PrintSheets}, 1, all)
			first := 1
			for _, l := range p.lots {
				last := first + l.n + l.out - 1
				add(survey.SheetMove{Step: survey.IssueSheets, Stratum: l.stratum, Distributor: distributor}, first, last)
				add(survey.SheetMove{Step: survey.VoidSheets, Reason: "受潮，字迹看不清"}, last, last)
				add(survey.SheetMove{Step: survey.ReturnSheets}, last-2, last-1) // handed back empty
				add(survey.SheetMove{Step: survey.ArchiveSheets, Archive: fmt.Sprintf("创建办档案柜2号盒（%s）", p.name)}, first, first+59)
				first = last + 1
			}
		}
	}
	return list
}
