/* sweep_house.h - an archive whose clock is a calendar, and sweeps over it. */
#ifndef POSTERN_TESTS_SWEEP_HOUSE_H
#define POSTERN_TESTS_SWEEP_HOUSE_H

#include "receive_house.h"

#include "forget/sweep_inside.h"
#include "postern/caldate.h"
#include "worker/alarm.h"
#include "worker/kept.h"
#include "zone_house.h"

#define HOUR INT64_C(3600000)
#define SHOP_WITH(data)                                                   \
	"policy: shop\nversion: 1\n"                                      \
	"purposes:\n  support: {basis: contract}\n"                       \
	"data:\n" data "  RAW: {from: collection, delete: P3D}\n"         \
	"  MEDIA: {from: process_end, delete: P90D}\n"                    \
	"channels:\n  shop: {purpose: support, data: MSG, media: {data: " \
	"MEDIA, max: 1MiB}}\n" HOUSE_POLICY_DESK
#define TICKETS                                                           \
	"  MSG: {from: process_end, keep: P30D, delete: P90D}\n"          \
	"  BRIEF: {from: collection, statutory: {norm: "                  \
	"HGB_Handelsbrief_6, after: P3M}, restrict: {from: process_end, " \
	"after: P90D}}\n"                                                 \
	"  BELEG: {from: collection, statutory: {norm: "                  \
	"HGB_Buchungsbeleg_8, after: P3M}}\n"                             \
	"  FINANZ: {from: collection, statutory: {norm: "                 \
	"HGB_Buchungsbeleg_10_finance, after: P3M}}\n"
#define WHO 77 /* a token that approves */

static inline int64_t sweep_day(int y, int m, int d)
{
	return caldate_day(y, m, d);
}

/* The clock of the wall says so, and a person that it is right. */
static inline void sweep_at(struct house *h, int y, int m, int d, int hour)
{
	h->ahead_ms = caldate_begins_ms(h->w.zone, sweep_day(y, m, d)) +
		      hour * HOUR - HOUSE_NOW;
	house_confirm(h);
	if (h->w.sweep != NULL)
		h->w.sweep->look_boot_ms = 0;
}

static inline int sweep_make(void **state)
{
	struct house *h;

	assert_int_equal(house_make(state), 0);
	h = *state;
	h->w.zone = zone_of(BERLIN);
	h->settings.sweep.at_minute = 150;
	h->settings.sweep.daily_cap = 100000;
	h->settings.sweep.few = 10;
	h->w.ready = true;
	house_use(h, SHOP_WITH(TICKETS));
	return 0;
}

static inline int sweep_unmake(void **state)
{
	struct house *h = *state;

	sweep_close(&h->w);
	zone_free(&h->w.zone);
	return house_unmake(state);
}

/* --- runs ----------------------------------------------------------------- */

/* Turns of the loop without its pauses; -1: one failed. */
static inline int sweep_turns(struct house *h, struct err *err)
{
	bool moved = false;

	for (int i = 0; i < 20000; i++) {
		if (h->w.sweep != NULL)
			h->w.sweep->pause_until_ms = 0;
		if (sweep_step(&h->w, &moved, err) != 0)
			return -1;
		if (!h->w.sweep->running && !h->w.sweep->look)
			return 0;
	}
	fail_msg("it does not end");
	return -1;
}

static inline void sweep_settle(struct house *h)
{
	struct err err = {0};

	if (sweep_turns(h, &err) != 0)
		fail_msg("%s: %s", err.where, err.what);
}

static inline const char *sweep_do_approve(struct house *h, int64_t id,
					   int64_t who)
{
	const char *refused = "nothing";
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(sweep_approve(&h->w, id, who, &refused, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	return refused;
}

static inline const char *sweep_asked(struct house *h, bool real, int64_t who,
				      int64_t *ret_id)
{
	const char *refused = "nothing";
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(sweep_ask(&h->w, real, who, ret_id, &refused, &err),
			 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	return refused;
}

/* The state of the last run, with its reason: "counted first". */
static inline const char *sweep_last(struct house *h)
{
	static const char sql[] = "SELECT state||' '||coalesce(reason,'') FROM"
				  " sweep ORDER BY id DESC LIMIT 1";
	static char word[64];
	struct store_rows *rows = NULL;
	struct err err = {0};

	word[0] = '\0';
	assert_int_equal(
	    store_start(h->w.store, sql, STORE_NO_ARGS, &rows, &err), 0);
	if (store_step(h->w.store, rows, &err) > 0)
		assert_true(store_word(store_column(h->w.store, rows, 0), word,
				       sizeof(word)));
	store_finish(h->w.store, &rows);
	return word;
}

/* A real run of that day; whatever it waits for is approved. */
static inline void sweep_run(struct house *h)
{
	int64_t id = 0;

	assert_null(sweep_asked(h, true, 0, &id));
	sweep_settle(h);
	if (strncmp(sweep_last(h), "counted", 7) == 0) {
		assert_null(sweep_do_approve(h, id, WHO));
		sweep_settle(h);
	}
	assert_string_equal(sweep_last(h), "done ");
}

/* --- what there is -------------------------------------------------------- */

/* A message that comes in now, under another tag of its conversation. */
static inline void sweep_message(struct house *h, const char *id,
				 const char *from)
{
	char body[128];

	(void)snprintf(body, sizeof(body),
		       "message,id=%s,strong=%s,type=text,text=" CANARY, id,
		       from);
	house_body(h, body);
	house_receive(h);
}

static inline void sweep_closed(struct house *h)
{
	struct err err = {0};

	assert_int_equal(
	    store_run(h->w.store,
		      "UPDATE conversation SET state='closed',closed_ms=?"
		      " WHERE state='open'",
		      STORE_ARGS(S_INT(worker_now(&h->w))), &err),
	    0);
}

#endif
