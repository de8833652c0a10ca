// Package doctor looks at what the program stands on: folder, disk, clock, browser, fonts. What the
// database says of itself is asked by the command, which has one open.
//
// # Why
//
// Whoever looks after an installation does so an hour a month, and a wrong folder or a clock that
// runs away is found when it has done its harm. So each thing is looked at in a way that doesn't
// need the program to run, is told in one line with what to do, and none of it changes anything:
// the one file that is written, to measure the disk, is taken away again. It knows no database and
// prints nothing, so that the start of the server can look at the same things.
package doctor

import (
	"fmt"
	"time"
)

// Mark is how something is.
type Mark string

// The closed list of marks.
const (
	Good  Mark = "good"
	Watch Mark = "watch" // it works, and will do harm one day
	Bad   Mark = "bad"
)

// Words are the marks as people read them.
var Words = map[Mark]string{Good: "好", Watch: "注意", Bad: "坏"}

// Finding is one thing that was looked at: what it is, how, in which words, and what to do about
// it. Do is empty where nothing is to be done.
type Finding struct {
	What string `json:"what"`
	Mark Mark   `json:"mark"`
	Fine bool   `json:"fine"` // it is not bad
	Says string `json:"says"`
	Do   string `json:"do,omitempty"`
}

// Found makes a finding.
func Found(what string, mark Mark, says, do string) Finding {
	return Finding{What: what, Mark: mark, Fine: mark != Bad, Says: says, Do: do}
}

// drift is how far the newest row may lie ahead of the clock: another machine of a cluster, say.
const drift = 2 * time.Minute

// Clock holds the clock of this machine against the newest thing that was recorded; newest is zero
// where there is none, synced what the system says of itself.
func Clock(now, newest time.Time, synced bool) Finding {
	shown := now.In(shanghai).Format("2006-01-02 15:04:05")
	if ahead := newest.Sub(now); !newest.IsZero() && ahead > drift {
		return Found("时钟", Bad, fmt.Sprintf("现在是 %s，可最新的记录写于 %s，比现在晚%s：时钟被拨回过，或当时走快了", shown, newest.In(shanghai).Format("2006-01-02 15:04:05"), span(ahead)),
			"先校正时钟（timedatectl、chronyc tracking），再使用；在时钟赶上之前，新记录会排在旧记录前面，按截止时间统计的数字会少算")
	}
	if !synced {
		return Found("时钟", Watch, shown+"（北京时间），没有与时间服务器对时", "请开启对时（systemd-timesyncd 或 chrony）；内网可指向单位的时间服务器")
	}
	return Found("时钟", Good, shown+"（北京时间），已对时", "")
}

// shanghai is the clock of those who read.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// span is a length of time in words.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d天", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d小时", int(d.Hours()))
	}
	return fmt.Sprintf("%d分钟", int(d.Minutes()))
}
