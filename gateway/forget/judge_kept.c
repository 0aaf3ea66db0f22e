/* judge_kept.c - rows of table kept: what was to go and is kept.
 *
 * Source: § 35(3) BDSG; Art. 17(3), 18 GDPR; compliance 1.7, 1.8. */
#include "judge.h"
#include "worker/kept.h"

static const char put_sql[] =
    "INSERT INTO kept(id,kind,person,conversation,datenart,verdict,reason,"
    "until_day,hold,erasure,since_ms) VALUES(?,?,?,?,?,?,?,?,?,?,?)"
    " ON CONFLICT(id) DO UPDATE SET verdict=excluded.verdict,"
    "reason=excluded.reason,until_day=excluded.until_day,hold=excluded.hold,"
    "erasure=CASE excluded.erasure WHEN 0 THEN erasure ELSE excluded.erasure"
    " END";
static const char forget_sql[] = "DELETE FROM kept WHERE id=?";

int kept_put(struct worker *w, const struct item *item,
	     const struct judged *judged, int64_t erasure, struct err *err)
{
	const struct erasure_decision *d = &judged->decision;

	kept_changed(w);
	return store_run(
	    w->store, put_sql,
	    STORE_ARGS(S_INT(item->id), S_TEXT(item_kind_name(item->kind)),
		       S_INT(item->person), S_INT(item->conversation),
		       S_TEXT(item->datenart.text),
		       S_TEXT(erasure_verdict_names[d->verdict]),
		       S_TEXT(d->reasons[0].code),
		       d->verdict == ERASURE_RESTRICT_UNTIL ? S_INT(d->until)
							    : S_NULL,
		       judged->hold != 0 ? S_INT(judged->hold) : S_NULL,
		       S_INT(erasure), S_INT(worker_now(w))),
	    err);
}

int kept_forget(struct worker *w, int64_t id, struct err *err)
{
	kept_changed(w);
	return store_run(w->store, forget_sql, STORE_ARGS(S_INT(id)), err);
}
