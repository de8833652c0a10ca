package survey_test

import (
	"testing"

	"pgregory.net/rapid"

	"shuixuan/app/survey/surveytest"
)

func TestDrawnQuestionnairesAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := surveytest.Questionnaire(t, 12)
		if err := q.Validate(); err != nil {
			t.Fatalf("%v: %+v", err, q)
		}
	})
}
