/* opening.c - putting a worker together and taking it apart. */
#include "opening.h"

#include "../api/api.h"
#include "../forget/holding.h"
#include "../rights/rights.h"
#include "../backup/replay.h"
#include "../forget/sweep.h"
#include "../package/package.h"
#include "decide_told.h"
#include "hold.h"
#include "ledger_witness.h"
#include "ledgerclock.h"
#include "ledgerpublish.h"
#include "lifecycle.h"
#include "outlive.h"
#include "postern/log.h"
#include "../public/callbacks.h"
#include "../recipients/telling.h"
#include "postern/zonefile.h"
#include "shadow.h"
#include "simulating.h"
#include "stamping.h"

static int read_mask(struct worker *w, bool *ret_found, struct err *err)
{
	static const char sql[] = "SELECT value FROM meta WHERE name='id_mask'";
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(w->store, sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		if (v.type != STORE_BLOB || v.len != ID_MASK_BYTES)
			rc = ERR_SET(err, ERR_CORRUPT, "id mask", 0);
		else
			memcpy(w->mask.key, v.bytes, ID_MASK_BYTES);
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int last_id(struct worker *w, struct err *err)
{
	static const char *const sql[] = {
	    "SELECT max(id) FROM person",
	    "SELECT max(id) FROM address",
	    "SELECT max(id) FROM conversation",
	    "SELECT max(id) FROM message",
	    /* Also of those whose rows are gone. */
	    "SELECT max(message) FROM ledger_gone",
	    "SELECT max(id) FROM attachment",
	    "SELECT max(id) FROM outbox",
	    "SELECT max(id) FROM consent_event",
	    "SELECT max(id) FROM quarantine",
	    "SELECT max(id) FROM token",
	    "SELECT max(id) FROM notice_sent",
	    "SELECT max(id) FROM review",
	    "SELECT max(id) FROM request",
	    "SELECT max(id) FROM policy_version",
	    "SELECT max(id) FROM restriction",
	    "SELECT max(id) FROM request_event",
	    "SELECT max(id) FROM request_letter",
	    "SELECT max(id) FROM erasure",
	    "SELECT max(id) FROM hold",
	    "SELECT max(id) FROM staff_reveal",
	    "SELECT max(id) FROM sweep",
	    "SELECT max(id) FROM package",
	    "SELECT max(id) FROM note",
	    "SELECT max(id) FROM viewed",
	    "SELECT max(id) FROM disclosure",
	    "SELECT max(id) FROM telling",
	    "SELECT max(id) FROM breach",
	    "SELECT max(id) FROM canary",
	    "SELECT max(id) FROM backup",
	    "SELECT max(id) FROM alarm",
	};
	int64_t last = 0;
	bool found = false;

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		if (store_one_int(w->store, sql[i], STORE_NO_ARGS, &last,
				  &found, err) != 0)
			return -1;
		if (found && last > w->ids.last)
			w->ids.last = last;
	}
	return 0;
}

int worker_open_ids(struct worker *w, struct err *err)
{
	static const char sql[] =
	    "INSERT INTO meta(name,value) VALUES('id_mask',?)";
	bool found = false;

	if (read_mask(w, &found, err) != 0)
		return -1;
	if (!found) {
		w->env->random(w->env, w->mask.key, ID_MASK_BYTES);
		if (store_run(w->store, sql,
			      STORE_ARGS(S_BLOB(w->mask.key, ID_MASK_BYTES)),
			      err) != 0)
			return -1;
	}
	return last_id(w, err);
}

static int open_archive(struct worker *w, const char *dir, struct err *err)
{
	char path[640];
	int len;

	len = snprintf(path, sizeof(path), "%s/postern.db", dir);
	if (len < 0 || (size_t)len >= sizeof(path))
		return ERR_SET(err, ERR_INPUT, "path too long", 0);
	if (store_open(w->settings->store, path, &w->store, err) != 0)
		return -1;
	return worker_open_ids(w, err);
}

static int open_keeper(struct worker *w, const char *dir, struct err *err)
{
	char path[640];
	int len;

	len = snprintf(path, sizeof(path), "%s/run/keeper.sock", dir);
	if (len < 0 || (size_t)len >= sizeof(path))
		return ERR_SET(err, ERR_INPUT, "path too long", 0);
	return keeper_open(path, &w->keeper, err);
}

static int open_drivers(struct worker *w, struct err *err)
{
	const struct settings *s = w->settings;

	w->channels = calloc(s->channels_len + 1, sizeof(struct channel *));
	w->helpdesks = calloc(s->helpdesks_len + 1, sizeof(struct helpdesk *));
	if (w->channels == NULL || w->helpdesks == NULL)
		return ERR_SET(err, ERR_NOMEM, "drivers", 0);
	for (size_t i = 0; i < s->channels_len; i++) {
		const struct channel_driver *d =
		    channel_find(s->channels[i].type);

		if (d == NULL)
			return ERR_SET(err, ERR_INPUT, "unknown channel type",
				       0);
		if (d->open(&s->channels[i], ROLE_WORKER, &w->channels[i],
			    err) != 0)
			return -1;
	}
	for (size_t i = 0; i < s->helpdesks_len; i++) {
		const struct helpdesk_driver *d =
		    helpdesk_find(s->helpdesks[i].type);

		if (d == NULL)
			return ERR_SET(err, ERR_INPUT, "unknown helpdesk type",
				       0);
		if (d->open(&s->helpdesks[i], ROLE_WORKER, &w->helpdesks[i],
			    err) != 0)
			return -1;
	}
	return 0;
}

static int open_zone(struct worker *w, struct err *err)
{
	const char *name = w->settings->controller.timezone;
	struct buf bytes = BUF_INIT(ZONE_FILE_MAX);
	int rc = 0;

	/* Days and office hours counted on another clock would be wrong. */
	if (name[0] != '\0' &&
	    (zonefile_read(name, &bytes, err) != 0 ||
	     zone_parse(bytes.bytes, bytes.len, &w->zone, err) != 0))
		rc = -1;
	buf_free(&bytes);
	return rc;
}

/* Source: compliance 2.8, T2. */
static void say_mechanisms(const struct worker *w)
{
	for (size_t i = 0; i < w->settings->channels_len; i++) {
		const struct name *channel = &w->settings->channels[i].name;

		switch (decide_mechanism(w, channel)) {
		case MECHANISM_INVALID:
			LOG(LOG_LEVEL_WARN, "channel.mechanism_invalid",
			    LOG_NAME("channel", channel));
			break;
		case MECHANISM_OVERDUE:
			LOG(LOG_LEVEL_WARN, "channel.review_overdue",
			    LOG_NAME("channel", channel));
			break;
		default:
			break;
		}
	}
}

int worker_open(struct worker *w, const struct worker_conf *conf,
		struct err *err)
{
	w->settings = conf->settings;
	w->policy = conf->policy;
	w->intake = conf->intake;
	w->processes = conf->processes;
	w->hatch_fd = conf->hatch_fd;
	if (open_zone(w, err) != 0 || open_archive(w, conf->dir, err) != 0 ||
	    lifecycle_open(w, conf->policy, &w->lifecycle, err) != 0 ||
	    open_keeper(w, conf->dir, err) != 0 ||
	    ledgerclock_open(w, &w->ledger, err) != 0 ||
	    ledgerpublish_open(w, &w->publish, err) != 0 ||
	    http_open(w->env, &w->http, err) != 0 || open_drivers(w, err) != 0)
		return -1;
	say_mechanisms(w);
	if (deliver_open(w, &w->deliver, err) != 0 ||
	    send_open(w, &w->send, err) != 0 ||
	    media_open(w, &w->media, err) != 0 ||
	    stamping_open(w, &w->stamping, err) != 0 ||
	    telling_open(w, &w->tellings, err) != 0 ||
	    callbacks_open(w, &w->callbacks, err) != 0 ||
	    ledger_witness_open(w, &w->witnesses, err) != 0 ||
	    receive_open(w, &w->receive, err) != 0 || replay_open(w, err) != 0)
		return -1;
	return api_open(w, conf->listen_fd, conf->operator_fd, &w->api, err);
}

static void close_drivers(struct worker *w)
{
	for (size_t i = 0; w->channels != NULL && w->channels[i] != NULL; i++)
		w->channels[i]->driver->close(&w->channels[i]);
	for (size_t i = 0; w->helpdesks != NULL && w->helpdesks[i] != NULL; i++)
		w->helpdesks[i]->driver->close(&w->helpdesks[i]);
	free(w->channels);
	free(w->helpdesks);
	w->channels = NULL;
	w->helpdesks = NULL;
}

void worker_close(struct worker *w)
{
	if (w->api != NULL)
		api_close(&w->api);
	/* The client first: its calls know the steps, not the other way. */
	if (w->http != NULL)
		http_close(&w->http);
	simulating_close(&w->simulating);
	holding_close(w);
	package_close(w);
	sweep_close(w);
	hold_close(w);
	outlive_drop(w);
	rights_close(w);
	ledger_witness_close(&w->witnesses);
	if (w->receive != NULL)
		receive_close(&w->receive);
	if (w->media != NULL)
		media_close(&w->media);
	stamping_close(&w->stamping);
	telling_close(w, &w->tellings);
	callbacks_close(&w->callbacks);
	if (w->send != NULL)
		send_close(&w->send);
	if (w->deliver != NULL)
		deliver_close(&w->deliver);
	close_drivers(w);
	if (w->keeper != NULL)
		keeper_close(&w->keeper);
	ledgerpublish_close(&w->publish);
	ledgerclock_close(&w->ledger);
	shadow_free(&w->shadow);
	lifecycle_close(&w->lifecycle);
	store_close(&w->store);
	zone_free(&w->zone);
}
