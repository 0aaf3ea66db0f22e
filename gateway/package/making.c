/* making.c - packages are made, one at a time, in slices of the loop.
 *
 * Part after part of the ZIP: pages, JSON, CSV, attachments, and last the
 * manifest, which knows all of them.  Nothing of a package is in the archive
 * before it is whole: killed anywhere, it is begun anew, and package_tidy()
 * removes what it had written.  What cannot be made is marked failed and
 * raises an alarm; it never ends the process, as whoever waits for messages
 * must not wait for it. */
#include "making.h"

#include <sodium.h>
#include <stdlib.h>

#include "postern/caldate.h"
#include "postern/log.h"
#include "worker/alarm.h"
#include "worker/canary.h"
#include "worker/prove.h"
#include "worker/sweepclock.h"

#define PROGRESS_MS  1000
#define EXPIRES_DAYS 14 /* where the policy says nothing (compliance 2.2) */
#define EXPIRE_STEP  16
#define LOOK_MS	     1000

static const char expired_sql[] =
    "SELECT id FROM package WHERE ended_ms IS NULL AND state='ready' AND"
    " expires_ms<=? ORDER BY id LIMIT 16";

enum part {
	PART_FIRST,
	PART_SECOND,
	PART_JSON,
	PART_CSV,
	PART_MEDIA,
	PART_MANIFEST,
	PARTS
};

const char *making_text(const json_t *record, const char *member)
{
	const char *text = json_string_value(json_object_get(record, member));

	return text != NULL ? text : "";
}

int making_flush(struct packaging *p, struct err *err)
{
	int rc = zipout_write(p->zip, p->out.bytes, p->out.len, err);

	buf_clear(&p->out);
	return rc;
}

/* --- begun, given up ------------------------------------------------------ */

static void let_go(struct packaging *p)
{
	media_part_close(p);
	accesspage_free(&p->page);
	zipout_abandon(&p->zip);
	feed_close(&p->feed);
	thirds_close(&p->thirds);
	manifest_free(&p->manifest);
	buf_free(&p->out);
	p->file[0] = '\0';
	p->part = 0;
	p->known = p->begun = p->spoilt = p->listed = false;
}

void package_close(struct worker *w)
{
	if (w->packaging == NULL)
		return;
	let_go(w->packaging);
	free(w->packaging);
	w->packaging = NULL;
}

const char *package_makes(const struct worker *w)
{
	return w->packaging != NULL ? w->packaging->file : "";
}

static int open_all(struct packaging *p, struct err *err)
{
	const struct feed_facts facts = {
	    .person = p->row.person, .up_to = p->row.id, .kind = p->row.kind};
	uint8_t key[32];
	int rc = -1;

	p->now_ms = worker_now(p->w);
	p->out = BUF_INIT(MAKING_OUT_MAX);
	p->w->env->random(p->w->env, key, sizeof(key));
	if (thirds_open(p->w, p->row.person, &p->thirds, err) == 0 &&
	    feed_open(p->w, &facts, p->thirds, &p->feed, err) == 0 &&
	    manifest_new(&p->manifest, err) == 0 &&
	    package_key_seal(p->w, &p->row, key, err) == 0)
		rc = zipout_open(p->w->env, p->w->settings->dir, key, &p->zip,
				 p->file, err);
	sodium_memzero(key, sizeof(key));
	if (rc != 0)
		let_go(p);
	return rc;
}

/* --- parts -----------------------------------------------------------------
 */

/* In the order of the pages: the person's language first. */
static const struct sheet *sheet_of(const struct packaging *p)
{
	const bool english = strcmp(p->row.language, "en") == 0;

	switch ((enum part)p->part) {
	case PART_FIRST:
		return english ? &sheet_page_en : &sheet_page_de;
	case PART_SECOND:
		return english ? &sheet_page_de : &sheet_page_en;
	case PART_JSON:
		return &sheet_json;
	default:
		return &sheet_csv;
	}
}

static bool is_text(size_t part)
{
	return part <= PART_CSV;
}

/* --- the end -------------------------------------------------------------- */

static int write_manifest(struct packaging *p, uint8_t ret_sha256[32],
			  struct err *err)
{
	struct id_text package, person;
	char made[RFC3339_BYTES];
	int64_t bytes;

	id_format(&p->w->mask, ID_PACKAGE, p->row.id, &package);
	id_format(&p->w->mask, ID_PERSON, p->row.person, &person);
	env_rfc3339(p->now_ms, made);
	if (manifest_print(p->manifest,
			   &(struct manifest_head){
			       .package = package.text,
			       .kind = package_kind_name(p->row.kind),
			       .person = person.text,
			       .controller = p->w->settings->controller.name,
			       .made = made,
			       .policy = policy_name(p->w->policy)->text,
			       .version = policy_version(p->w->policy),
			   },
			   &p->out, err) != 0 ||
	    zipout_begin(p->zip, "manifest.json", -1, false, err) != 0 ||
	    making_flush(p, err) != 0)
		return -1;
	return zipout_end(p->zip, ret_sha256, &bytes, err);
}

/* Its last day is that of the rule of EXPORT; it goes when that is over. */
static int64_t expires_ms(const struct worker *w, int64_t ready_ms)
{
	struct period period = {.days = EXPIRES_DAYS};
	struct policy_rule rule;
	struct retention until;
	struct name name;

	(void)name_set(&name, PACKAGE_DATENART,
		       strlen(PACKAGE_DATENART)); /* a constant */
	if (policy_rule_of(w->policy, &name, &rule) && rule.has_delete)
		period = rule.delete_by;
	if (!retention_of(caldate_local(w->zone, ready_ms), &period, &until))
		return ready_ms + EXPIRES_DAYS * (int64_t)DAY_MS;
	return caldate_begins_ms(w->zone, until.erase_from);
}

static int tell(struct packaging *p, struct err *err)
{
	const struct act_fact facts[] = {
	    {"purpose", package_kind_name(p->row.kind), 0},
	    {"what", "package", 0},
	};
	const struct act act = {
	    .event = LEDGER_ACCESS_EXPORTED,
	    .reason = LEDGER_R_REQUEST,
	    .by = LEDGER_SYSTEM,
	    .kind = ID_PACKAGE,
	    .object = p->row.id,
	    .person = p->row.person,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	    .counted = true,
	    .count = (uint64_t)feed_messages(p->feed),
	};

	return prove(p->w, &act, err) != 0
		   ? -1
		   : canary_touched(p->w, p->row.person, CANARY_EXPORTED, err);
}

static int commit(struct packaging *p, const struct package_made *made,
		  struct err *err)
{
	struct worker *w = p->w;

	if (worker_begin(w, err) != 0)
		return -1;
	if (package_row_ready_set(w, &p->row, made, err) != 0 ||
	    tell(p, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

/* The file is whole before a row names it; should the commit fail, it is
 * tidied away and begun anew. */
static int finish(struct packaging *p, struct err *err)
{
	struct package_made made = {.messages = feed_messages(p->feed)};

	p->spoilt = true;
	if (write_manifest(p, made.manifest, err) != 0)
		return -1;
	p->w->packages_tidy = false;
	if (zipout_finish(&p->zip, made.sha256, &made.bytes, err) != 0)
		return -1;
	memcpy(made.file, p->file, sizeof(made.file));
	made.expires_ms = expires_ms(p->w, worker_now(p->w));
	if (commit(p, &made, err) != 0)
		return -1;
	LOG(LOG_LEVEL_INFO, "package.ready", LOG_NUM("messages", made.messages),
	    LOG_NUM("bytes", made.bytes));
	p->skip_len = 0;
	let_go(p);
	return 0;
}

/* --- slices --------------------------------------------------------------- */

/* Which parts a portable copy has: what programs read. */
static bool has_part(const struct packaging *p, size_t part)
{
	return p->row.kind == PACKAGE_ACCESS || part >= PART_JSON;
}

static int progress(struct packaging *p, struct err *err)
{
	const int64_t all = feed_messages(p->feed);
	const int64_t texts = p->row.kind == PACKAGE_ACCESS ? 4 : 2;
	const int64_t part =
	    (int64_t)p->part - (p->row.kind == PACKAGE_ACCESS ? 0 : PART_JSON);
	int64_t done =
	    part < texts
		? (part * all + (p->begun ? feed_messages_done(p->feed) : 0)) /
		      texts
		: all;

	if (worker_boot(p->w) < p->told_boot_ms + PROGRESS_MS)
		return 0;
	p->told_boot_ms = worker_boot(p->w);
	return package_row_progress(p->w, p->row.id, done < all ? done : all,
				    all, err);
}

static int slice(struct packaging *p, struct err *err)
{
	bool done = false;
	int rc;

	if (!p->known)
		return feed_list(p->feed, &p->known, err);
	while (p->part < PARTS && !has_part(p, p->part))
		p->part++;
	if (p->part == PART_MANIFEST)
		return finish(p, err);
	p->sheet = sheet_of(p);
	rc = is_text(p->part) ? text_part_step(p, &done, err)
			      : media_part_step(p, &done, err);
	if (rc != 0)
		return -1;
	if (done) {
		p->part++;
		p->begun = false;
	}
	return progress(p, err);
}

static int end_row(struct worker *w, const struct package_row *row,
		   enum package_state state, const char *reason,
		   struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (package_row_end(w, row, state, reason, err) != 0 ||
	    (state == PACKAGE_FAILED &&
	     alarm_raise(w,
			 &(struct alarm){.kind = "package.failed",
					 .about = ID_PACKAGE,
					 .object = row->id},
			 err) != 0)) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

/* What no later try would make. */
static bool is_hopeless(const struct err *err)
{
	return err->kind == ERR_CORRUPT || err->kind == ERR_INPUT ||
	       err->kind == ERR_ABSENT;
}

static int fail(struct packaging *p, struct err *err)
{
	struct err why = *err;
	const struct package_row row = p->row;

	if (!p->spoilt && !is_hopeless(&why))
		return -1; /* the same slice comes again */
	let_go(p);
	p->w->packages_tidy = false;
	if (!is_hopeless(&why))
		return -1;
	LOG(LOG_LEVEL_ERROR, "package.failed", LOG_ERR(&why));
	return end_row(p->w, &row, PACKAGE_FAILED, err_kind_name(why.kind),
		       err);
}

static int make(struct worker *w, const struct package_row *row,
		struct err *err)
{
	struct packaging *p = w->packaging;

	if (p->file[0] != '\0' && p->row.id != row->id)
		let_go(p); /* its person was erased meanwhile */
	if (p->row.id != row->id)
		p->skip_len = 0;
	p->w = w;
	if (p->file[0] == '\0') {
		p->row = *row;
		w->packages_tidy = false;
		if (open_all(p, err) != 0)
			return fail(p, err);
		return 0;
	}
	return slice(p, err) == 0 ? 0 : fail(p, err);
}

/* --- the turn ------------------------------------------------------------- */

static int expire(struct worker *w, bool *ret_moved, struct err *err)
{
	struct store_rows *rows = NULL;
	int64_t ids[EXPIRE_STEP];
	bool good = false;
	size_t len = 0;
	int rc = 0;

	/* A wrong clock takes nobody's copy away; its link is dead by it. */
	if (sweepclock_good(w, &good, err) != 0)
		return -1;
	if (!good)
		return 0;
	if (store_start(w->store, expired_sql, STORE_ARGS(S_INT(worker_now(w))),
			&rows, err) != 0)
		return -1;
	while (len < EXPIRE_STEP && (rc = store_step(w->store, rows, err)) > 0)
		ids[len++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	for (size_t i = 0; rc >= 0 && i < len; i++) {
		rc = end_row(w, &(struct package_row){.id = ids[i]},
			     PACKAGE_EXPIRED, NULL, err);
		*ret_moved = true;
	}
	return rc < 0 ? -1 : 0;
}

static int begin(struct worker *w, struct err *err)
{
	if (w->packaging != NULL)
		return 0;
	w->packaging = calloc(1, sizeof(*w->packaging));
	return w->packaging != NULL ? 0
				    : ERR_SET(err, ERR_NOMEM, "packages", 0);
}

int package_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct package_row row;
	bool found = false;

	if (w->stopping || !w->ready)
		return 0;
	if (begin(w, err) != 0)
		return -1;
	if (w->packages_idle && worker_boot(w) < w->packaging->look_boot_ms)
		return 0;
	w->packaging->look_boot_ms = worker_boot(w) + LOOK_MS;
	if (expire(w, ret_moved, err) != 0 ||
	    package_row_waits(w, &row, &found, err) != 0)
		return -1;
	w->packages_idle = !found;
	if (!found) {
		let_go(w->packaging);
		return package_tidy(w, err);
	}
	*ret_moved = true;
	if (package_tidy(w, err) != 0)
		return -1;
	return make(w, &row, err);
}

int64_t package_due_in_ms(const struct worker *w)
{
	return w->packages_idle || !w->ready ? -1 : 0;
}
