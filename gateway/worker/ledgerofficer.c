/* ledgerofficer.c - the officer's copy: when, and as what. */
#include "ledgerofficer.h"

#include "inbound.h"
#include "ledgerfile.h"
#include "postern/ledger.h"
#include "postern/log.h"

#define LOOK_MS	  1000
#define RETRY_MS  60000
#define EVERY_MS  (24 * 60 * 60 * (int64_t)1000)
#define LAST_NAME "ledger_officer_ms"
#define MAIL_MAX  (256 * 1024)

static int put_file(struct worker *w, const char *folder, const char *suffix,
		    uint64_t size, const struct buf *bytes, struct err *err)
{
	char root[640], name[64];
	int n = folder[0] == '/' ? snprintf(root, sizeof(root), "%s", folder)
				 : snprintf(root, sizeof(root), "%s/%s",
					    w->settings->dir, folder);

	if (n < 0 || (size_t)n >= sizeof(root))
		return ERR_SET(err, ERR_BUSY, "path too long", 0);
	(void)snprintf(name, sizeof(name), "checkpoint-%llu%s",
		       (unsigned long long)size, suffix);
	return ledgerfile_put(root, name, bytes->bytes, bytes->len, err);
}

static int put_copy(struct worker *w, const struct checkpoint *c,
		    const struct buf *note, struct err *err)
{
	const struct settings *s = w->settings;
	struct buf mail = BUF_INIT(MAIL_MAX);
	int rc;

	if (s->ledger.officer_folder[0] != '\0')
		return put_file(w, s->ledger.officer_folder, ".txt", c->size,
				note, err);
	rc = ledgerofficer_mail(s, c, note, worker_now(w), &mail, err);
	if (rc == 0)
		rc = put_file(w, MAIL_FOLDER, MAIL_SUFFIX, c->size, &mail, err);
	buf_free(&mail);
	return rc;
}

/* A clock that was set back must not stop it for years. */
static bool is_time(int64_t last_ms, int64_t now_ms)
{
	return now_ms - last_ms >= EVERY_MS || last_ms > now_ms + EVERY_MS;
}

static int look(struct worker *w, bool *ret_moved, struct err *err)
{
	struct ledger_officer *o = &w->officer;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	const int64_t now_ms = worker_now(w);
	uint64_t last_ms = 0;
	struct checkpoint c;
	int64_t at_ms;
	bool found;
	int rc = -1;

	if (meta_get_u64(w->store, LAST_NAME, &last_ms, &found, err) != 0)
		return -1;
	if (!o->wanted && !is_time((int64_t)last_ms, now_ms))
		return 0;
	if (ledger_last(w->store, &note, &c, &at_ms, err) != 0) {
		rc = err->kind == ERR_ABSENT ? 0 : -1;
		goto out;
	}
	/* Nothing was signed since: the officer has it. */
	if (found && !o->wanted && at_ms <= (int64_t)last_ms) {
		rc = 0;
		goto out;
	}
	if (put_copy(w, &c, &note, err) != 0 ||
	    meta_set_u64(w->store, LAST_NAME, (uint64_t)now_ms, err) != 0)
		goto out;
	o->wanted = false;
	*ret_moved = true;
	LOG(LOG_LEVEL_INFO, "ledger.officer", LOG_NUM("size", (int64_t)c.size));
	rc = 0;
out:
	buf_free(&note);
	return rc;
}

static bool configured(const struct worker *w)
{
	return w->settings->ledger.officer_folder[0] != '\0' ||
	       w->settings->ledger.officer_sendmail[0] != '\0';
}

int ledgerofficer_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct ledger_officer *o = &w->officer;

	if (!configured(w) || worker_boot(w) < o->look_boot_ms)
		return 0;
	o->look_boot_ms = worker_boot(w) + LOOK_MS;
	if (look(w, ret_moved, err) == 0) {
		o->said = false;
		return 0;
	}
	if (err->kind != ERR_BUSY)
		return -1;
	if (!o->said)
		LOG(LOG_LEVEL_WARN, "ledger.officer_fails", LOG_ERR(err));
	o->said = true;
	o->look_boot_ms = worker_boot(w) + RETRY_MS;
	return 0;
}

void ledgerofficer_want(struct worker *w)
{
	w->officer.wanted = true;
	w->officer.look_boot_ms = 0;
}
