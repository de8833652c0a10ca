package ingest

import (
	"context"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// VoidResponse takes a response out of every figure, with the reason. What was answered is
// kept; the number is free for another entry.
func (in *Ingest) VoidResponse(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, id uuid.UUID, expected uint32, reason string) (survey.Response, error) {
	r, err := in.surveys.Response(ctx, plan.Campaign.ID, wave.ID, id)
	if err != nil {
		return r, err
	}
	if reason = survey.Settle(q, survey.Response{Reason: reason}).Reason; reason == "" {
		return r, problem.Invalid("还不能作废", "请写明为什么作废。", problem.Fault{Field: "reason", Why: "请写明为什么作废，例如：整份同一个选项、字迹无法辨认"})
	}
	if r.Disposition == survey.Void && r.Reason == reason {
		return r, nil
	}
	r.Disposition, r.Reason = survey.Void, reason
	return in.ReviseResponse(ctx, actor, plan, wave, q, r, expected, "response.void")
}

// RestoreResponse brings a voided response back into the figures as what it was before, with
// the reason. Where its number was given to another entry meanwhile, or its quota is full by
// now, it can't be what it was: the first is refused in words, of the second the response
// says so.
func (in *Ingest) RestoreResponse(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, id uuid.UUID, expected uint32, reason string) (survey.Response, error) {
	r, err := in.surveys.Response(ctx, plan.Campaign.ID, wave.ID, id)
	if err != nil {
		return r, err
	}
	if reason = survey.Settle(q, survey.Response{Reason: reason}).Reason; reason == "" {
		return r, problem.Invalid("还不能恢复", "请写明为什么恢复。", problem.Fault{Field: "reason", Why: "请写明为什么恢复，例如：已联系本人，确实填过"})
	}
	if r.Disposition.Counts() && r.Reason == reason {
		return r, nil // told twice
	}
	if r.Disposition != survey.Void {
		return r, problem.Conflict("这份答卷没有作废", "不用恢复。它现在是“"+survey.DispositionNames[r.Disposition]+"”。")
	}
	history, err := in.surveys.ResponseHistory(ctx, plan.Campaign.ID, wave.ID, id)
	if err != nil {
		return r, err
	}
	before := beforeVoid(history)
	if !before.Disposition.Counts() {
		return r, problem.Conflict("这份答卷恢复不了", "作废以前它也不计入统计，没有可以恢复的。纸面确实有效的，请重新录入一份。")
	}
	r.Disposition, r.Reason = before.Disposition, reason
	return in.ReviseResponse(ctx, actor, plan, wave, q, r, expected, "response.restore")
}

// beforeVoid is the last revision that wasn't void; a void one where there is none: a sheet
// may be entered as void.
func beforeVoid(history []survey.Response) survey.Response {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Disposition != survey.Void {
			return history[i]
		}
	}
	return survey.Response{Disposition: survey.Void}
}
