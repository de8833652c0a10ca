package survey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// State says whether a questionnaire is closed: it then takes no new wave and no new
// version. What has been asked with it goes on, and it can be opened again.
type State struct {
	Closed bool   `json:"closed"`
	Reason string `json:"reason"`
}

// Shelved is a questionnaire as the office finds it in its list.
type Shelved struct {
	ID       QuestionnaireID
	Versions []revision.Held[Questionnaire] // oldest first; none before the first is published
	Draft    *revision.Held[Draft]          // nil where nothing is being written
	State    State
	Revision uint32 // of the state
}

// Title is what the questionnaire is called: as published last, or as the draft says.
func (s Shelved) Title() string {
	title := ""
	if n := len(s.Versions); n > 0 {
		title = s.Versions[n-1].Thing.Title
	} else if s.Draft != nil {
		title = s.Draft.Thing.Title
	}
	if strings.TrimSpace(title) == "" {
		return "（还没有标题）"
	}
	return title
}

// Newest is the number of the version that was published last, 0 for none.
func (s Shelved) Newest() uint32 {
	if n := len(s.Versions); n > 0 {
		return s.Versions[n-1].Revision
	}
	return 0
}

// Shelf lists the questionnaires of a campaign by id: drafts, versions and whether they
// are closed. One whose only draft was discarded is not among them.
func (s *Store) Shelf(ctx context.Context, campaign string) ([]Shelved, error) {
	versions, err := s.questionnaires.History(ctx, campaign)
	if err != nil {
		return nil, err
	}
	drafts, err := s.drafts.List(ctx, campaign)
	if err != nil {
		return nil, err
	}
	states, err := s.states.List(ctx, campaign)
	if err != nil {
		return nil, err
	}
	var list []Shelved
	place := map[string]int{}
	at := func(id string) *Shelved {
		i, known := place[id]
		if !known {
			i = len(list)
			place[id], list = i, append(list, Shelved{ID: QuestionnaireID(id)})
		}
		return &list[i]
	}
	for _, held := range versions {
		held.Thing = versioned(held)
		one := at(held.ID)
		one.Versions = append(one.Versions, held)
	}
	for _, held := range drafts {
		if held.Thing.Ended == "" {
			at(held.ID).Draft = &held
		}
	}
	for _, held := range states {
		if i, known := place[held.ID]; known {
			list[i].State, list[i].Revision = held.Thing, held.Revision
		}
	}
	return list, nil
}

// Draft gives the draft of a questionnaire with its revision, also one that was
// discarded; NotFound where none was begun or the last one was published.
func (s *Store) Draft(ctx context.Context, campaign string, id QuestionnaireID) (revision.Held[Draft], error) {
	held, err := s.drafts.Current(ctx, campaign, string(id))
	if errors.Is(err, revision.ErrNotFound) || err == nil && held.Thing.Ended == Published {
		return held, problem.NotFound("这份问卷的草稿").Because(err)
	}
	return held, err
}

// BeginDraft begins the draft of a new questionnaire, or of the next version where one is
// published. A draft that is being written is not written over.
func (s *Store) BeginDraft(ctx context.Context, actor audit.Actor, campaign string, id QuestionnaireID, d Draft) (uint32, error) {
	if !idForm.MatchString(string(id)) {
		return 0, problem.Invalid("还不能建立问卷", "请按提示改正，已填的内容都还在。",
			problem.Fault{Field: "id", Why: fmt.Sprintf("问卷代码“%s”只能用小写字母、数字和短横线，例如 citizen-2014", short(string(id)))})
	}
	held, err := s.drafts.Current(ctx, campaign, string(id))
	switch {
	case errors.Is(err, revision.ErrNotFound):
	case err != nil:
		return 0, err
	case held.Thing.Ended == "":
		return 0, problem.Conflict("这份问卷已有一份草稿", fmt.Sprintf("代码“%s”的草稿《%s》正在编写，请打开它接着写；要写另一份，请换一个代码。", id, held.Thing.Title))
	}
	d.Back, d.Ended = 0, ""
	rev, err := s.drafts.Put(ctx, actor, "questionnaire.draft", campaign, string(id), d, held.Revision)
	return rev, overtaken(err)
}

// NewQuestionnaire refuses a code under which the campaign has a published questionnaire:
// a draft of it would be its next version, which is begun from the last one.
func (s *Store) NewQuestionnaire(ctx context.Context, actor audit.Actor, campaign string, id QuestionnaireID, d Draft) (uint32, error) {
	held, err := s.questionnaires.Current(ctx, campaign, string(id))
	if err == nil {
		return 0, problem.Conflict("这个代码已经用过", fmt.Sprintf("代码“%s”是问卷《%s》的。要改那份问卷，请在列表里点它的“编写新版”；要写另一份，请换一个代码。", id, held.Thing.Title))
	}
	if !errors.Is(err, revision.ErrNotFound) {
		return 0, err
	}
	return s.BeginDraft(ctx, actor, campaign, id, d)
}

// Limits of a draft: what no published questionnaire could hold is not kept either.
const (
	maxDraftItems = 2 * maxQuestions
	maxDraftText  = 20_000
)

// SaveDraft writes the next revision of a draft; expected is the revision that its writer
// saw. Faults of the questionnaire don't keep it from being saved.
func (s *Store) SaveDraft(ctx context.Context, actor audit.Actor, campaign string, id QuestionnaireID, d Draft, expected uint32) (uint32, error) {
	if len(d.Items) > maxDraftItems {
		return 0, problem.TooLarge("题目太多，没有保存", fmt.Sprintf("草稿里最多%d道题，发布时最多%d道。", maxDraftItems, maxQuestions))
	}
	for i, item := range d.Items {
		if q := item.Question; utf8.RuneCountInString(q.Label) > maxDraftText || utf8.RuneCountInString(q.Hint) > maxDraftText {
			return 0, problem.TooLarge("题目太长，没有保存", fmt.Sprintf("第%d题的文字超过%d个字，请缩短。", i+1, maxDraftText))
		}
	}
	held, err := s.Draft(ctx, campaign, id)
	if err != nil {
		return 0, err
	}
	d.Back, d.Ended = held.Thing.Back, ""
	if sameDraft(d, held.Thing) { // nothing changed, or a second click
		return held.Revision, nil
	}
	d.Back = expected
	rev, err := s.drafts.Put(ctx, actor, "questionnaire.draft", campaign, string(id), d, expected)
	return rev, overtaken(err)
}

func sameDraft(a, b Draft) bool {
	one, err := json.Marshal(a)
	other, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(one, other)
}

// UndoDraft takes the last change of a draft back; again, and the one before it goes too.
func (s *Store) UndoDraft(ctx context.Context, actor audit.Actor, campaign string, id QuestionnaireID, expected uint32) error {
	held, err := s.Draft(ctx, campaign, id)
	if err != nil {
		return err
	}
	if held.Thing.Back == 0 {
		return problem.Conflict("没有可以撤销的改动", "这已经是草稿开始时的样子。")
	}
	before, err := s.drafts.At(ctx, campaign, string(id), held.Thing.Back)
	if err != nil {
		return err
	}
	// Keys go on: one that the undone change gave away must not come to mean another item.
	before.Thing.Next = max(before.Thing.Next, held.Thing.Next)
	_, err = s.drafts.Put(ctx, actor, "questionnaire.undo", campaign, string(id), before.Thing, expected)
	return overtaken(err)
}

// DiscardDraft ends a draft unpublished. It can be taken back by UndoDraft.
func (s *Store) DiscardDraft(ctx context.Context, actor audit.Actor, campaign string, id QuestionnaireID, expected uint32) error {
	held, err := s.Draft(ctx, campaign, id)
	if err != nil {
		return err
	}
	held.Thing.Ended, held.Thing.Back = Discarded, held.Revision
	_, err = s.drafts.Put(ctx, actor, "questionnaire.discard", campaign, string(id), held.Thing, expected)
	return overtaken(err)
}

// PublishDraft makes a draft the next version of its questionnaire and ends it. Expected is
// the revision of the draft and newest the version that the publisher saw.
//
// The version is written first. A crash between leaves the draft open beside the version
// that it has become; published again it is found to be the same, and ends.
func (s *Store) PublishDraft(ctx context.Context, actor audit.Actor, campaign string, id QuestionnaireID, expected, newest uint32) (uint32, error) {
	held, err := s.Draft(ctx, campaign, id)
	if err != nil {
		return 0, err
	}
	if held.Revision != expected || held.Thing.Ended != "" {
		return 0, overtaken(revision.ErrConflict)
	}
	q := held.Thing.Questionnaire(id)
	if err := q.Validate(); err != nil {
		faults := faultList(err)
		return 0, problem.Invalid("还不能发布", fmt.Sprintf("草稿已经保存，还有%d处要改，写在各题旁边。改好以后再发布。", len(faults)), faults...)
	}
	if err := s.open(ctx, campaign, q); err != nil {
		return 0, err
	}
	version, err := s.PutQuestionnaire(ctx, actor, campaign, q, newest)
	if err != nil {
		if p, ok := problem.As(err); ok && p.Kind == problem.KindConflict {
			return 0, problem.Conflict("这份问卷刚刚发布过另一版", "请先看一下新发布的那一版，再决定是否把这份草稿发布为它的下一版。草稿没有变。").Because(err)
		}
		return 0, err
	}
	d := held.Thing
	d.Ended = Published
	_, err = s.drafts.Put(ctx, actor, "questionnaire.draft-end", campaign, string(id), d, expected)
	if errors.Is(err, revision.ErrConflict) { // saved by somebody meanwhile: that goes on as a draft
		return version, nil
	}
	return version, err
}

// faultList are the faults of a problem.
func faultList(err error) []problem.Fault {
	if p, ok := problem.As(err); ok {
		return p.Faults
	}
	return nil
}

// maxReason bounds the words of a reason.
const maxReason = 500

func checkReason(reason, what string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return "", problem.Invalid("没有写原因", "请写明"+what+"的原因，它会留在审计记录里。", problem.Fault{Field: "reason", Why: "请填写原因"})
	case utf8.RuneCountInString(reason) > maxReason:
		return "", problem.Invalid("原因太长", fmt.Sprintf("请控制在%d个字以内。", maxReason), problem.Fault{Field: "reason", Why: "请缩短"})
	case unshowable(reason) != "":
		return "", problem.Invalid("原因里"+unshowable(reason), "请删去后再提交。", problem.Fault{Field: "reason", Why: "请改正"})
	}
	return reason, nil
}

// SetQuestionnaireClosed closes a questionnaire or opens it again, with the reason.
func (s *Store) SetQuestionnaireClosed(ctx context.Context, actor audit.Actor, campaign string, id QuestionnaireID, closed bool, reason string, expected uint32) error {
	verb, what := "questionnaire.reopen", "恢复使用"
	if closed {
		verb, what = "questionnaire.close", "停用"
	}
	if _, err := s.Questionnaire(ctx, campaign, id, 0); err != nil {
		return err
	}
	reason, err := checkReason(reason, what)
	if err != nil {
		return err
	}
	_, err = s.states.Put(ctx, actor, verb, campaign, string(id), State{Closed: closed, Reason: reason}, expected)
	return changed(err)
}

// open refuses where the questionnaire is closed.
func (s *Store) open(ctx context.Context, campaign string, q Questionnaire) error {
	held, err := s.states.Current(ctx, campaign, string(q.ID))
	if errors.Is(err, revision.ErrNotFound) || err == nil && !held.Thing.Closed {
		return nil
	}
	if err != nil {
		return err
	}
	return problem.Conflict("这份问卷已经停用", fmt.Sprintf("《%s》停用的原因是：%s。不能再建新的轮次和新的版本；确实要用的，请先在问卷页恢复使用。", q.Title, held.Thing.Reason))
}

// SetWaveClosed closes a wave or opens it again, with the reason.
func (s *Store) SetWaveClosed(ctx context.Context, actor audit.Actor, campaign string, id WaveID, closed bool, reason string, expected uint32) error {
	verb, what := "wave.reopen", "重新打开"
	if closed {
		verb, what = "wave.close", "结束"
	}
	held, err := s.Wave(ctx, campaign, id)
	if err != nil {
		return err
	}
	if reason, err = checkReason(reason, what); err != nil {
		return err
	}
	w := held.Thing
	w.Closed, w.Reason = closed, reason
	_, err = s.waves.Put(ctx, actor, verb, campaign, string(id), w, expected)
	return changed(err)
}

// overtaken turns a lost race for a draft into words.
func overtaken(err error) error {
	if errors.Is(err, revision.ErrConflict) {
		return problem.Conflict("刚刚有人改过这份草稿", "您这一步没有保存，填的内容还在本页。下面是草稿现在的样子，看过以后再保存一次，就以您的为准。").Because(err)
	}
	return err
}
