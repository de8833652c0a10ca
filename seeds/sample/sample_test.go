package sample_test

import (
	"testing"

	"shuixuan/app/survey"
	"shuixuan/seeds/sample"
)

// Every sample obeys the rules of its noun; a rule that changes shows here first.
func TestSamplesAreValid(t *testing.T) {
	for _, u := range sample.Units() {
		if err := u.Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, task := range sample.Tasks() {
		if err := task.Validate(); err != nil {
			t.Error(err)
		}
	}
	q := sample.Questionnaire()
	if err := q.Validate(); err != nil {
		t.Error(err)
	}
	if err := sample.Wave().Validate(q); err != nil {
		t.Error(err)
	}
	p := sample.Placement()
	if faults := p.Validate(sample.Plan()); len(faults) > 0 {
		t.Error(faults)
	}
	r := survey.Settle(q, sample.Response())
	if faults := survey.Validate(q, r); len(faults) > 0 || r.Disposition != survey.Complete {
		t.Error(r.Disposition, faults)
	}
}

// The three sample tasks leave open 0, 2 and 3 questions: the second has a collective
// without members and no target, the third neither unit nor window nor target.
func TestSamplePlanLeavesOpen(t *testing.T) {
	var got []string
	for _, q := range sample.Plan().Open() {
		got = append(got, string(q.Task)+" "+q.What)
	}
	want := []string{"社会宣传2 members", "社会宣传2 target", "社会宣传3 lead", "社会宣传3 window", "社会宣传3 target"}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %s, want %s", i, got[i], want[i])
		}
	}
}
