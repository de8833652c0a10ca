package survey

import "strings"

// types are all question types in the order of a menu.
var types = []QuestionType{Single, Multiple, Scale, Matrix, Rating, Number, Date, Text, LongText, Consent, Note}

// Types lists the question types in the order of a menu.
func Types() []QuestionType { return types }

// TypeNames are the words for people.
var TypeNames = map[QuestionType]string{
	Single: "单选题", Multiple: "多选题", Scale: "量表题", Matrix: "矩阵题", Rating: "打分题", Number: "数字题", Date: "日期题",
	Text: "填空题", LongText: "长文字题", Consent: "同意题", Note: "说明",
}

func typeName(t QuestionType) string {
	if name, known := TypeNames[t]; known {
		return name
	}
	return "这种题"
}

func typeList() string {
	var list []string
	for _, t := range types {
		list = append(list, string(t)+"（"+TypeNames[t]+"）")
	}
	return strings.Join(list, "、")
}
