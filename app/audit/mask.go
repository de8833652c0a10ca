package audit

import (
	"encoding/json"
	"regexp"
)

// phone is a telephone number as people write it: a mobile one with or without
// gaps, or one with its area code. Longer runs of digits are something else.
var phone = regexp.MustCompile(`\b1[3-9][0-9](?:[ -]?[0-9]{4}){2}\b|\b0[0-9]{2,3}-[0-9]{7,8}\b|１[３-９][０-９]{9}`)

// Masked takes telephone numbers out of a text that goes to a log. The first three digits
// stay, so that a reader sees what stood there.
func Masked(text string) string {
	return phone.ReplaceAllStringFunc(text, func(number string) string { return string([]rune(number)[:3]) + "********" })
}

// masked takes telephone numbers out of the strings of a JSON text; its numbers and the
// rest stay byte for byte.
func masked(text json.RawMessage) json.RawMessage {
	if !phone.Match(text) {
		return text
	}
	var out []byte
	for i := 0; i < len(text); {
		end := i + 1
		if text[i] == '"' {
			for end < len(text) && text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
			out = append(out, Masked(string(text[i:end]))...)
		} else {
			out = append(out, text[i])
		}
		i = end
	}
	return out
}
