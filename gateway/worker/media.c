/* media.c - attachments in, provider copies tidied.
 *
 * A row in state wanted is located, fetched, checked, stripped if the policy
 * says so, sealed on the way to disk, and kept; then the provider's copy is
 * deleted (tidy).  While a message has an attachment in state wanted its outbox
 * row waits, so the end of a flight wakes deliver, whatever came of it.
 *
 * Order of writes: file and sync, then the row.  A crash in between costs
 * one more download and one orphan, which media_open() removes. */
#include "media.h"

#include <assert.h>

#include "postern/log.h"
#include "retry.h"

#define SECOND_MS   INT64_C(1000)
#define MINUTE_MS   (60 * SECOND_MS)
#define DAY_MS	    (24 * 60 * MINUTE_MS)
#define LIFE_MS	    (7 * DAY_MS) /* of a media id from a webhook */
#define BACKOFF_MS  (2 * SECOND_MS)
#define BACKOFF_CAP (60 * MINUTE_MS)
#define CONFIG_MS   (5 * MINUTE_MS)
#define TIDY_AFTER_MS \
	0 /* the copy is safe: the file was synced before its row */
#define POLL_MS	      (30 * SECOND_MS)
#define TIDY_ATTEMPTS 5
#define TOO_FAST_STEP 5 /* up to half a minute, beside what was named */

#define COLUMNS                                                            \
	"id,conversation,key_person,datenart,year,channel,state,attempts," \
	"created_ms,media_sealed"
#define SQL_DUE                                                            \
	"SELECT " COLUMNS                                                  \
	" FROM attachment WHERE (state='wanted' OR tidy=1) AND next_ms<=?" \
	" ORDER BY next_ms LIMIT 8"
#define SQL_NEXT \
	"SELECT MIN(next_ms) FROM attachment WHERE (state='wanted' OR tidy=1)"
#define SQL_WANTED "SELECT 1 FROM attachment WHERE id=? AND state='wanted'"
#define SQL_KEPT                                                         \
	"UPDATE attachment SET state='kept',reason=NULL,bytes=?,file=?," \
	"attempts=0,tidy=?,next_ms=? WHERE id=?"
#define SQL_FAILED                                                         \
	"UPDATE attachment SET state='failed',reason=?,attempts=0,tidy=?," \
	"next_ms=? WHERE id=? AND state='wanted'"
#define SQL_AGAIN "UPDATE attachment SET attempts=?,next_ms=? WHERE id=?"
/* Of a deleted message the media id was only kept to tidy with. */
#define SQL_TIDIED                                                        \
	"UPDATE attachment SET tidy=0,attempts=0,media_sealed=CASE state" \
	" WHEN 'gone' THEN x'' ELSE media_sealed END"                     \
	" WHERE id=? AND tidy=1"
/* ... and of a message that is gone altogether, the row. */
#define SQL_TIDIED_AWAY                                                      \
	"DELETE FROM attachment WHERE id=? AND state='gone' AND message IS " \
	"NULL"
#define SQL_HELPDESK "SELECT helpdesk FROM conversation WHERE id=?"

/* --- the archive ---------------------------------------------------------- */

static int run_alone(struct worker *w, const char *sql,
		     const struct store_value *args, size_t args_len,
		     struct err *err)
{
	if (store_begin(w->store, err) != 0)
		return -1;
	if (store_run(w->store, sql, args, args_len, err) != 0) {
		store_roll_back(w->store);
		return -1;
	}
	return store_commit(w->store, err);
}

/* The message behind this attachment may go out now. */
static int wake_helpdesk(struct media_flight *f, struct err *err)
{
	static const char sql[] = SQL_HELPDESK;
	struct store_rows *rows = NULL;
	struct store_value v;
	struct name name;
	int rc;

	if (store_start(f->w->store, sql, STORE_ARGS(S_INT(f->conversation)),
			&rows, err) != 0)
		return -1;
	rc = store_step(f->w->store, rows, err);
	if (rc == 1) {
		v = store_column(f->w->store, rows, 0);
		if (v.type == STORE_TEXT && name_set(&name, v.bytes, v.len))
			deliver_wake(f->w, name.text);
	}
	store_finish(f->w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static bool by_id(const struct media_flight *f)
{
	return (f->w->channels[f->channel]->driver->has &
		CHANNEL_MEDIA_BY_ID) != 0;
}

/* Writes the row of a file that is already durable.  The person may have
 * been erased meanwhile: then the file goes too. */
static int write_kept(struct media_flight *f, struct err *err)
{
	static const char wanted[] = SQL_WANTED, sql[] = SQL_KEPT;
	struct worker *w = f->w;
	int64_t one;
	bool found = false;

	if (store_begin(w->store, err) != 0)
		return -1;
	if (store_one_int(w->store, wanted, STORE_ARGS(S_INT(f->id)), &one,
			  &found, err) != 0 ||
	    (found &&
	     store_run(w->store, sql,
		       STORE_ARGS(S_INT(f->bytes), S_TEXT(f->file_name),
				  S_INT(by_id(f)),
				  S_INT(worker_now(w) + TIDY_AFTER_MS),
				  S_INT(f->id)),
		       err) != 0)) {
		store_roll_back(w->store);
		return -1;
	}
	if (store_commit(w->store, err) != 0)
		return -1;
	f->row_written = true;
	if (!found)
		return mediafile_unlink(w->settings->dir, f->file_name, err);
	COUNT(w, media_kept);
	return wake_helpdesk(f, err);
}

static int give_up(struct media_flight *f, const char *reason, struct err *err)
{
	static const char sql[] = SQL_FAILED;

	sealedfile_abandon(&f->file);
	if (run_alone(f->w, sql,
		      STORE_ARGS(S_TEXT(reason), S_INT(by_id(f)),
				 S_INT(worker_now(f->w)), S_INT(f->id)),
		      err) != 0)
		return -1;
	COUNT(f->w, media_failed);
	LOG(LOG_LEVEL_WARN, "media.failed", log_table("reason", reason),
	    LOG_NUM("error", f->outcome.error));
	return wake_helpdesk(f, err);
}

static int tidied(struct media_flight *f, struct err *err)
{
	static const char sql[] = SQL_TIDIED, away[] = SQL_TIDIED_AWAY;
	struct store *st = f->w->store;

	if (store_begin(st, err) != 0)
		return -1;
	if (store_run(st, sql, STORE_ARGS(S_INT(f->id)), err) != 0 ||
	    store_run(st, away, STORE_ARGS(S_INT(f->id)), err) != 0) {
		store_roll_back(st);
		return -1;
	}
	if (store_commit(st, err) != 0)
		return -1;
	COUNT(f->w, media_tidied);
	return 0;
}

static int again_in(struct media_flight *f, int64_t attempts, int64_t wait_ms,
		    struct err *err)
{
	static const char sql[] = SQL_AGAIN;

	sealedfile_abandon(&f->file);
	f->w->media->next_boot_ms = 0;
	return run_alone(f->w, sql,
			 STORE_ARGS(S_INT(attempts),
				    S_INT(worker_now(f->w) + wait_ms),
				    S_INT(f->id)),
			 err);
}

/* --- what an answer leads to ---------------------------------------------- */

static int try_again(struct media_flight *f, struct err *err)
{
	struct worker *w = f->w;
	int64_t attempts = f->attempts + 1;
	int64_t most =
	    f->wanted ? w->settings->limits.attempts_max : TIDY_ATTEMPTS;

	if (attempts >= most || worker_now(w) - f->created_ms > LIFE_MS)
		return f->wanted ? give_up(f, "attempts", err) : tidied(f, err);
	return again_in(f, attempts,
			retry_wait_ms(w->env, attempts, BACKOFF_MS, BACKOFF_CAP,
				      f->outcome.wait_ms),
			err);
}

/* Too fast: nothing is wrong with the medium, and the provider keeps it. */
static int too_fast(struct media_flight *f, struct err *err)
{
	struct worker *w = f->w;
	int64_t named_ms = f->outcome.wait_ms;

	if (!f->wanted || worker_now(w) - f->created_ms > LIFE_MS)
		return try_again(f, err);
	if (named_ms > BACKOFF_CAP)
		named_ms = BACKOFF_CAP;
	return again_in(f, f->attempts,
			retry_wait_ms(w->env, TOO_FAST_STEP, BACKOFF_MS,
				      BACKOFF_CAP, named_ms),
			err);
}

static int refused(struct media_flight *f, struct err *err)
{
	const struct channel *ch = f->w->channels[f->channel];

	if (f->outcome.class == CLASS_CONFIG) {
		LOG(LOG_LEVEL_ERROR, "media.config",
		    LOG_NAME("channel", &ch->name),
		    LOG_NUM("error", f->outcome.error));
		if (worker_now(f->w) - f->created_ms <= LIFE_MS)
			return again_in(f, f->attempts, CONFIG_MS, err);
	}
	/* A copy that is no longer there is as good as deleted. */
	if (!f->wanted)
		return tidied(f, err);
	return give_up(f, f->phase == MEDIA_LOCATE ? "gone" : "refused", err);
}

/* Not handed on as it came: what it carries is not known. */
static int unstripped(struct media_flight *f, struct err *err)
{
	LOG(LOG_LEVEL_WARN, "media.unstripped", LOG_ERR(err));
	return err->kind == ERR_INPUT ? give_up(f, "unreadable", err)
				      : try_again(f, err);
}

static int fetched(struct media_flight *f, struct err *err)
{
	if (!media_flight_complete(f))
		return f->attempts + 1 < 3 ? try_again(f, err)
					   : give_up(f, "hash", err);
	if (media_picture_end(f, err) != 0)
		return unstripped(f, err);
	if (sealedfile_finish(&f->file, err) != 0)
		return -1;
	if (write_kept(f, err) == 0)
		return 0;
	/* Nothing was written: the file would be an orphan.  If it is not
	 * known whether, it stays; the next start looks. */
	if ((err->kind == ERR_BUSY || err->kind == ERR_NOMEM) &&
	    !f->row_written)
		(void)mediafile_unlink(f->w->settings->dir, f->file_name, NULL);
	return -1;
}

/* Returns 1 when the flight goes on with another call, 0 when it is over. */
static int next_call(struct media_flight *f, enum media_phase phase,
		     struct err *err)
{
	f->phase = phase;
	if (media_flight_call(f, err) == 0)
		return 1;
	if (err->kind == ERR_INPUT)
		return give_up(f, "refused", err);
	return err->kind == ERR_BUSY || err->kind == ERR_NOMEM
		   ? try_again(f, err)
		   : -1;
}

static int take_good(struct media_flight *f, struct err *err)
{
	const char *reason;

	if (f->phase == MEDIA_DELETE)
		return tidied(f, err);
	if (f->phase == MEDIA_FETCH)
		return fetched(f, err);
	reason = media_flight_located(f);
	if (reason != NULL)
		return give_up(f, reason, err);
	return next_call(f, MEDIA_FETCH, err);
}

static int take_answer(struct media_flight *f, struct err *err)
{
	if (f->disk_failed)
		return try_again(f, err);
	if (f->unreadable)
		return give_up(f, "unreadable", err);
	switch (f->outcome.class) {
	case CLASS_OK:
		return take_good(f, err);
	case CLASS_RETRY_NEW_URL:
		if (f->renewed)
			return try_again(f, err);
		f->renewed = true;
		return next_call(f, MEDIA_LOCATE, err);
	case CLASS_RETRY:
	case CLASS_RETRY_UNKNOWN:
		return f->outcome.too_fast ? too_fast(f, err)
					   : try_again(f, err);
	default:
		if (f->phase == MEDIA_FETCH &&
		    f->bytes > f->w->settings->limits.media_bytes_max)
			return give_up(f, "too_large", err);
		return refused(f, err);
	}
}

/* --- starting ------------------------------------------------------------- */

static bool in_flight(const struct media *m, int64_t id)
{
	for (size_t i = 0; i < MEDIA_IN_FLIGHT_MAX; i++)
		if (m->flights[i] != NULL && m->flights[i]->id == id)
			return true;
	return false;
}

/* A row as a flight; *ret NULL: the row's channel is no longer configured. */
static int flight_read(struct worker *w, struct store_rows *rows,
		       struct media_flight **ret, struct err *err)
{
	struct media_flight *f = calloc(1, sizeof(*f));
	struct store_value datenart = store_column(w->store, rows, 3);
	struct store_value channel = store_column(w->store, rows, 5);
	struct store_value state = store_column(w->store, rows, 6);
	struct name name;

	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for media", 0);
	f->w = w;
	f->id = store_column(w->store, rows, 0).num;
	f->conversation = store_column(w->store, rows, 1).num;
	f->key_ref.person = store_column(w->store, rows, 2).num;
	f->key_ref.year = (uint16_t)store_column(w->store, rows, 4).num;
	f->wanted = state.len == 6 && memcmp(state.bytes, "wanted", 6) == 0;
	f->phase = f->wanted ? MEDIA_LOCATE : MEDIA_DELETE;
	f->attempts = store_column(w->store, rows, 7).num;
	f->created_ms = store_column(w->store, rows, 8).num;
	f->bytes_expected = -1;
	if (!name_set(&f->key_ref.datenart, datenart.bytes, datenart.len) ||
	    !name_set(&name, channel.bytes, channel.len)) {
		media_flight_free(&f);
		return ERR_SET(err, ERR_CORRUPT, "attachment has no names", 0);
	}
	f->channel = worker_channel_index(w, name.text);
	*ret = f;
	return 0;
}

/* What cannot be opened or asked for is settled at once. */
static int settle_unstarted(struct media_flight *f, struct err *err)
{
	switch (err->kind) {
	case ERR_ABSENT:
		return f->wanted ? give_up(f, "erased", err) : tidied(f, err);
	case ERR_CORRUPT:
	case ERR_INPUT:
		LOG(LOG_LEVEL_ERROR, "media.unusable", LOG_ERR(err));
		return f->wanted ? give_up(f, "unusable", err) : tidied(f, err);
	default:
		return -1;
	}
}

/* The channel was taken out of the settings: perhaps it comes back. */
static int without_channel(struct media_flight *f, struct err *err)
{
	static const char sql[] = SQL_FAILED;

	if (worker_now(f->w) - f->created_ms <= LIFE_MS)
		return again_in(f, f->attempts, CONFIG_MS, err);
	if (!f->wanted)
		return tidied(f, err);
	if (run_alone(
		f->w, sql,
		STORE_ARGS(S_TEXT("expired"), S_INT(0), S_INT(0), S_INT(f->id)),
		err) != 0)
		return -1;
	return wake_helpdesk(f, err);
}

static int start_one(struct worker *w, struct media_flight **f,
		     const struct store_value *sealed, struct err *err)
{
	struct media *m = w->media;
	size_t i = 0;

	if ((*f)->channel < 0)
		return without_channel(*f, err);
	if (media_flight_open(*f, sealed->bytes, sealed->len, err) != 0 ||
	    media_flight_call(*f, err) != 0)
		return settle_unstarted(*f, err);
	while (i < MEDIA_IN_FLIGHT_MAX && m->flights[i] != NULL)
		i++;
	assert(i < MEDIA_IN_FLIGHT_MAX); /* no more rows than room are read */
	m->flights[i] = *f;
	*f = NULL;
	return 0;
}

/* Rows are copied out first: starting one writes. */
struct due {
	struct media_flight *flight;
	void *sealed;
	size_t sealed_len;
};

static int due_read(struct worker *w, struct due *due, size_t max,
		    size_t *ret_len, struct err *err)
{
	static const char sql[] = SQL_DUE;
	struct store_rows *rows = NULL;
	int rc = 0;

	if (store_start(w->store, sql, STORE_ARGS(S_INT(worker_now(w))), &rows,
			err) != 0)
		return -1;
	while (*ret_len < max && (rc = store_step(w->store, rows, err)) == 1) {
		struct store_value v = store_column(w->store, rows, 9);
		struct due *d = &due[*ret_len];

		if (in_flight(w->media, store_column(w->store, rows, 0).num))
			continue;
		d->sealed = malloc(v.len + 1);
		if (d->sealed == NULL ||
		    flight_read(w, rows, &d->flight, err) != 0) {
			free(d->sealed);
			d->sealed = NULL;
			rc = -1;
			break;
		}
		memcpy(d->sealed, v.bytes, v.len);
		d->sealed_len = v.len;
		++*ret_len;
		rc = 0;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int start_due(struct worker *w, size_t room, bool *ret_moved,
		     struct err *err)
{
	struct due due[MEDIA_IN_FLIGHT_MAX] = {0};
	size_t len = 0;
	int rc = due_read(w, due, room, &len, err);

	for (size_t i = 0; i < len; i++) {
		struct store_value sealed =
		    S_BLOB(due[i].sealed, due[i].sealed_len);

		if (rc == 0) {
			rc = start_one(w, &due[i].flight, &sealed, err);
			*ret_moved = true;
		}
		media_flight_free(&due[i].flight);
		free(due[i].sealed);
	}
	return rc;
}

/* When the next row is due, for media_due_in_ms(). */
static int plan(struct worker *w, struct err *err)
{
	static const char sql[] = SQL_NEXT;
	int64_t next_ms = 0, wait_ms = POLL_MS;
	bool found = false;

	if (store_one_int(w->store, sql, STORE_NO_ARGS, &next_ms, &found,
			  err) != 0)
		return -1;
	if (found && next_ms - worker_now(w) < wait_ms)
		wait_ms = next_ms - worker_now(w);
	w->media->next_boot_ms =
	    worker_boot(w) + (wait_ms > 100 ? wait_ms : 100);
	return 0;
}

/* --- the step ------------------------------------------------------------- */

int media_open(struct worker *w, struct media **ret, struct err *err)
{
	struct media *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for media", 0);
	if (media_orphans_remove(w, err) != 0) {
		free(m);
		return -1;
	}
	*ret = m;
	return 0;
}

void media_close(struct media **m)
{
	if (m == NULL || *m == NULL)
		return;
	for (size_t i = 0; i < MEDIA_IN_FLIGHT_MAX; i++)
		media_flight_free(&(*m)->flights[i]);
	free(*m);
	*m = NULL;
}

void media_wake(struct worker *w)
{
	if (w->media != NULL)
		w->media->next_boot_ms = 0;
}

/* Settles what was answered; gives the number of free places. */
static int settle(struct worker *w, size_t *ret_room, bool *ret_moved,
		  struct err *err)
{
	struct media *m = w->media;
	size_t room = 0;

	for (size_t i = 0; i < MEDIA_IN_FLIGHT_MAX; i++) {
		struct media_flight *f = m->flights[i];
		int rc;

		if (f != NULL && f->answered) {
			*ret_moved = true;
			f->answered = false;
			rc = take_answer(f, err);
			if (rc < 1)
				media_flight_free(&m->flights[i]);
			if (rc < 0)
				return -1;
			m->next_boot_ms = 0;
		}
		room += m->flights[i] == NULL;
	}
	*ret_room = room;
	return 0;
}

int media_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct media *m = w->media;
	size_t room = 0;

	if (settle(w, &room, ret_moved, err) == 0) {
		if (room == 0 || w->stopping ||
		    worker_boot(w) < m->next_boot_ms)
			return 0;
		if (start_due(w, room, ret_moved, err) == 0 &&
		    plan(w, err) == 0)
			return 0;
	}
	/* Keeper or disk away: not at once again. */
	m->next_boot_ms = worker_boot(w) + SECOND_MS;
	return -1;
}

int64_t media_due_in_ms(const struct worker *w)
{
	const struct media *m = w->media;
	int64_t wait_ms = m->next_boot_ms - worker_boot(w);
	bool room = false;

	for (size_t i = 0; i < MEDIA_IN_FLIGHT_MAX; i++) {
		if (m->flights[i] != NULL && m->flights[i]->answered)
			return 0;
		room = room || m->flights[i] == NULL;
	}
	if (!room)
		return -1;
	return wait_ms > 0 ? wait_ms : 0;
}
