package placement

import (
	"fmt"

	"shuixuan/app/campaign"
	"shuixuan/app/problem"
)

// AfterClosing tells of a new placement that begins when its unit is one no more. What
// began before is taken even afterwards: the office completes the history. It is asked
// of new ones only, since what was logged before the closing was known must still be
// open to correction.
func (p Placement) AfterClosing(plan *campaign.Plan) []problem.Fault {
	u, known := plan.Units.Unit(p.Unit)
	if !known || p.Start.IsZero() || !u.ClosedOn(p.Start) {
		return nil
	}
	return []problem.Fault{{Field: "unit", Why: fmt.Sprintf("“%s”已于%d年%d月%d日撤销，不能登记从这天起的宣传，请登记在承接的单位名下", u.Name, u.Closed.Year(), int(u.Closed.Month()), u.Closed.Day())}}
}
