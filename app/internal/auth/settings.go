package auth

import (
	"fmt"
	"time"

	"shuixuan/app/problem"
)

// Settings are the rules of sign-in. None is in a standard as a number: GB/T 22239-2019
// asks that there be one, and the defaults are what its test scripts use (five failures,
// 600 s, the last five passwords) or what office work bears (the timeouts).
type Settings struct {
	Failures   int           // wrong passwords in a row that lock an account
	Lock       time.Duration // how long a locked account stays so
	Idle       time.Duration // a session ends this long after it was last used
	Absolute   time.Duration // and at the latest this long after its sign-in
	Shortest   int           // characters of a password
	NotAgain   int           // so many earlier passwords may not come back
	WarnAge    time.Duration // a password older than this is warned of; 0: never
	Invitation time.Duration // how long an invitation holds, and a password that somebody else has set
	Cost       Cost          // of a password; the zero value is that of RFC 9106
}

// Cost is what it takes to compare a password: memory in KiB, and passes over it. Passwords
// are kept with the cost that they were set at.
type Cost struct{ Memory, Passes uint32 }

// leastMemory is what OWASP's password storage cheat sheet asks of argon2id at least, in KiB.
const leastMemory = 19 * 1024

// DefaultSettings are fit for use. A clerk signs in once a day; a phone in a drawer is
// signed out within the week. The age of passwords is off: to change one that is good
// for the calendar's sake makes people write it on paper (NIST SP 800-63B 5.1.1.2).
func DefaultSettings() Settings {
	return Settings{Failures: 5, Lock: 600 * time.Second, Idle: 12 * time.Hour, Absolute: 7 * 24 * time.Hour,
		Shortest: 8, NotAgain: 5, Invitation: 7 * 24 * time.Hour}
}

// Validate tells every setting that can't be worked with, by its flag.
func (s Settings) Validate() error {
	var faults []problem.Fault
	check := func(ok bool, flag, why string) {
		if !ok {
			faults = append(faults, problem.Fault{Field: flag, Why: why})
		}
	}
	check(s.Failures >= 1 && s.Failures <= 100, "--lock-after", "应为1到100次")
	check(s.Lock >= time.Second && s.Lock <= 24*time.Hour, "--lock-time", "应在1秒到24小时之间")
	check(s.Idle >= time.Minute, "--session-idle", "至少1分钟")
	check(s.Absolute >= s.Idle, "--session-life", "不能短于 --session-idle")
	check(s.Shortest >= 8 && s.Shortest <= 64, "--password-length", "应为8到64个字符")
	check(s.NotAgain >= 0 && s.NotAgain <= 24, "--password-history", "应为0到24次")
	check(s.WarnAge >= 0, "--password-age", "不能小于0，0表示不提醒")
	check(s.Invitation >= time.Minute && s.Invitation <= 90*24*time.Hour, "--invitation-life", "应在1分钟到90天之间")
	if s.Cost != (Cost{}) {
		check(s.Cost.Memory >= leastMemory && s.Cost.Passes >= 2, "cost", "至少19 MiB、两遍")
	}
	if len(faults) > 0 {
		return problem.Invalid("登录规则的设置有误", "请改正启动参数或相应的环境变量后再启动。", faults...)
	}
	return nil
}

// PasswordRules are the rules in words, told before a password is chosen.
func (s Settings) PasswordRules() string {
	words := fmt.Sprintf("至少%d个字符，不含用户名；用几个词连起来，好记也安全。", s.Shortest)
	if s.NotAgain > 0 {
		words += fmt.Sprintf("不能和最近%d次用过的相同。", s.NotAgain)
	}
	return words
}

// CheckPassword tells whether a password keeps the rules.
func (a *Auth) CheckPassword(login, password string) error {
	return a.settings.checkPassword(foldLogin(login), password)
}

// durationWords says a time as people do.
func durationWords(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d天", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d小时", (d+time.Hour-1)/time.Hour)
	case d > time.Minute:
		return fmt.Sprintf("%d分钟", (d+time.Minute-1)/time.Minute)
	}
	return fmt.Sprintf("%d秒", max(1, (d+time.Second-1)/time.Second))
}
