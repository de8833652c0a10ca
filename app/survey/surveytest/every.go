package surveytest

import "shuixuan/app/survey"

// EveryType is a questionnaire with each type, skips both ways, piping, shuffling, a
// question for adults and an option that is not read out.
func EveryType() survey.Questionnaire {
	yesNo := []survey.Option{{Code: "1", Label: "是"}, {Code: "2", Label: "否"}}
	return survey.Questionnaire{ID: "link", Title: "水生态问卷", Intro: "请您填一填。", Stratum: "grp", Questions: []survey.Question{
		{Name: "agree", Type: survey.Consent, Label: "您愿意参加吗？", Required: true},
		{Name: "grp", Type: survey.Single, Label: "您是哪一组？", Required: true, Options: []survey.Option{{Code: "a", Label: "师生"}, {Code: "b", Label: "居民"}}},
		{Name: "hello", Type: survey.Note, Label: "下面问问河边的事。"},
		{Name: "heard", Type: survey.Multiple, Label: "从哪里知道的？", Required: true, Shuffle: true, Options: []survey.Option{
			{Code: "tv", Label: "电视"}, {Code: "poster", Label: "海报"}, {Code: "school", Label: "学校"}, {Code: "web", Label: "网上"},
			{Code: "other", Label: "其他", Other: true}, {Code: "none", Label: "都没有", Exclusive: true}, {Code: "refused", Label: "不愿回答", Unread: true}}},
		{Name: "river", Type: survey.Scale, Label: "河水好吗？", Required: true, Options: []survey.Option{{Code: "5", Label: "很好"}, {Code: "1", Label: "很差"}, {Code: "9", Label: "说不清", DontKnow: true}}},
		{Name: "why", Type: survey.Text, Label: "您选了“${river}”，为什么？", ShowIf: &survey.Condition{Question: "river", In: []string{"1"}}},
		{Name: "rows", Type: survey.Matrix, Label: "各处怎么样", Required: true, Options: yesNo, Rows: []survey.Row{{Name: "east", Label: "东边"}, {Name: "west", Label: "西边"}}, SkipIf: &survey.Condition{Question: "heard", In: []string{"none"}}},
		{Name: "score", Type: survey.Rating, Label: "打几分？"},
		{Name: "kids", Type: survey.Number, Label: "家里几口人？", Whole: true, Min: bound(1), Max: bound(20), Adults: true},
		{Name: "day", Type: survey.Date, Label: "哪天去过河边？", Latest: "2030-01-01"},
		{Name: "advice", Type: survey.LongText, Label: "建议"},
	}}
}

func bound(v float64) *float64 { return &v }
