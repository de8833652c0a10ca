package problem

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// each gives what every constructor makes.
func each() map[Kind]*Problem {
	fault := Fault{Row: 7, Field: "quantity", Why: "数量必须大于0"}
	return map[Kind]*Problem{
		KindInvalid:         Invalid("这条台账还不能保存", "请改正后再保存。", fault),
		KindUnauthenticated: Unauthenticated(),
		KindNotAllowed:      NotAllowed("修改方案"),
		KindNotFound:        NotFound("这条台账"),
		KindConflict:        Conflict("刚刚有人改过这里", "请重新打开页面。", fault),
		KindTooLarge:        TooLarge("文件太大", "请拆成几份。"),
		KindTooMany:         TooMany("请10分钟后再试。"),
		KindUnavailable:     Unavailable("现在收不下", "请过一分钟再提交。"),
	}
}

// Whatever a person is told says what happened and what to do next, in their language;
// and it names nobody who isn't in every campaign.
func TestEveryProblemSaysWhatToDoNext(t *testing.T) {
	for kind, p := range each() {
		if p.Kind != kind {
			t.Errorf("%s is made as %s", kind, p.Kind)
		}
		for part, text := range map[string]string{"title": p.Title, "detail": p.Detail} {
			if !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) {
				t.Errorf("%s: its %s is %q", kind, part, text)
			}
			if strings.Contains(text, "创建办") {
				t.Errorf("%s: %q names an office that another campaign doesn't have", kind, text)
			}
		}
		if !strings.HasPrefix(p.Error(), string(kind)+": "+p.Title) {
			t.Errorf("%s is logged as %q", kind, p.Error())
		}
	}
	if p := NotFound("这条台账"); !strings.Contains(p.Title, "这条台账") {
		t.Errorf("%q doesn't say what isn't there", p.Title)
	}
	if p := NotAllowed("修改方案"); !strings.Contains(p.Title, "修改方案") {
		t.Errorf("%q doesn't say what isn't allowed", p.Title)
	}
}

func TestAsFindsTheProblemThroughWrapping(t *testing.T) {
	p := NotFound("这条台账")
	for name, err := range map[string]error{
		"itself": p,
		"one":    fmt.Errorf("read placement: %w", p),
		"two":    fmt.Errorf("show: %w", fmt.Errorf("read placement: %w", p)),
		"joined": errors.Join(errors.New("close file"), p),
	} {
		if got, ok := As(err); !ok || got != p {
			t.Errorf("%s: %v, %t", name, got, ok)
		}
	}
	for name, err := range map[string]error{"nothing": nil, "a plain error": errors.New("disk full"), "words only": fmt.Errorf("%v", p)} {
		if got, ok := As(err); ok || got != nil {
			t.Errorf("%s: %v is no problem for a person", name, got)
		}
	}
	// The outer one was made by who knew more.
	if got, _ := As(Unavailable("现在打不开", "请稍后再试。").Because(p)); got.Kind != KindUnavailable {
		t.Errorf("of two the inner one is found: %v", got)
	}
}

func TestBecauseKeepsTheCauseForTheLog(t *testing.T) {
	cause := errors.New("disk full")
	p := Unavailable("现在收不下", "请过一分钟再提交。")
	if p.Unwrap() != nil {
		t.Errorf("a cause before there is one: %v", p.Unwrap())
	}
	if p.Because(cause) != p || !errors.Is(fmt.Errorf("commit: %w", p), cause) {
		t.Errorf("%v has lost its cause", p)
	}
	if got, want := p.Error(), "unavailable: 现在收不下: disk full"; got != want {
		t.Errorf("logged as %q, want %q", got, want)
	}
	if strings.Contains(p.Title+p.Detail, "disk full") {
		t.Error("the person is shown the cause")
	}
	if got, want := Invalid("有误", "请改正。", Fault{Row: 7, Field: "quantity", Why: "数量必须大于0"}).Error(), "invalid: 有误; row 7 quantity: 数量必须大于0"; got != want {
		t.Errorf("logged as %q, want %q", got, want)
	}
}
