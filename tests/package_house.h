/* package_house.h - a house (receive_house.h) in which packages are made. */
#ifndef POSTERN_TESTS_PACKAGE_HOUSE_H
#define POSTERN_TESTS_PACKAGE_HOUSE_H

#include "receive_house.h"

#include <dirent.h>

#include "package/rows.h"

static inline int package_house_make(void **state)
{
	struct house *h;
	char path[128];

	assert_int_equal(house_make(state), 0);
	h = *state;
	(void)snprintf(path, sizeof(path), "%s/" PACKAGE_FOLDER, h->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(h->settings.controller.name,
		       sizeof(h->settings.controller.name), "Muster GmbH");
	h->w.ready = true;
	return 0;
}

static inline int package_house_unmake(void **state)
{
	struct house *h = *state;

	package_close(&h->w);
	return house_unmake(state);
}

static inline void package_writes(struct house *h, int n, const char *text)
{
	char body[1024];

	(void)snprintf(body, sizeof(body),
		       "message,id=m%d,strong=S1,phone=01701234561,type=text,"
		       "name=Anna Beispiel,ts=%d,text=%s",
		       n, n, text);
	house_body(h, body);
}

/* Seals and inserts: a statement whose first parameters are id, key_person,
 * year and the sealed bytes. */
static inline void package_seal(struct house *h, const char *sql, int64_t id,
				const char *datenart, enum seal_field field,
				const char *clear)
{
	struct keeper_batch *batch = NULL;
	struct key_ref key = {.person =
				  house_number(h, "SELECT min(id) FROM person"),
			      .year = 2026};
	struct err err = {0};
	const uint8_t *sealed;
	size_t slot, len;

	assert_true(name_set(&key.datenart, datenart, strlen(datenart)));
	assert_int_equal(keeper_batch_new(h->w.keeper, &batch, &err), 0);
	slot = keeper_add_seal(batch, &key, id, field, clear, strlen(clear));
	assert_int_equal(keeper_run(batch, &err), 0);
	assert_int_equal(keeper_result(batch, slot, &sealed, &len, &err), 0);
	assert_int_equal(
	    store_run(h->w.store, sql,
		      STORE_ARGS(S_INT(id), S_INT(key.person), S_INT(key.year),
				 S_BLOB(sealed, len)),
		      &err),
	    0);
	keeper_batch_free(&batch);
}

/* An attachment of the oldest message, with its file. */
static inline void package_attach(struct house *h, const void *bytes,
				  size_t bytes_len)
{
	static const char sql[] =
	    "INSERT INTO attachment(id,key_person,year,media_sealed,message,"
	    "conversation,channel,datenart,state,created_ms) SELECT"
	    " ?,?,?,?,m.id,m.conversation,'shop','MEDIA','kept',m.received_ms"
	    " FROM message m ORDER BY m.id LIMIT 1";
	struct keeper_batch *batch = NULL;
	struct key_ref key = {.person =
				  house_number(h, "SELECT min(id) FROM person"),
			      .datenart = {"MEDIA"},
			      .year = 2026};
	int64_t id = worker_id(&h->w);
	struct sealedfile *f = NULL;
	struct err err = {0};
	const uint8_t *bytes_of_key;
	char file[33];
	size_t slot, len;

	package_seal(h, sql, id, "MEDIA", FIELD_MEDIA,
		     "{\"name\":\"../../etc/<b>foto.jpg\",\"mime\":"
		     "\"image/jpeg\"}");
	assert_int_equal(keeper_batch_new(h->w.keeper, &batch, &err), 0);
	slot = keeper_add_file_key(batch, &key, id);
	assert_int_equal(keeper_run(batch, &err), 0);
	assert_int_equal(keeper_result(batch, slot, &bytes_of_key, &len, &err),
			 0);
	assert_int_equal(mediafile_create(&h->w, bytes_of_key, &f, file, &err),
			 0);
	assert_int_equal(sealedfile_write(f, bytes, bytes_len, &err), 0);
	assert_int_equal(sealedfile_finish(&f, &err), 0);
	keeper_batch_free(&batch);
	assert_int_equal(
	    store_run(
		h->w.store, "UPDATE attachment SET file=?,bytes=? WHERE id=?",
		STORE_ARGS(S_TEXT(file), S_INT(bytes_len), S_INT(id)), &err),
	    0);
}

static inline int64_t package_order(struct house *h, enum package_kind kind,
				    int64_t request)
{
	const struct package_order order = {
	    .request = request,
	    .person = house_number(h, "SELECT min(id) FROM person"),
	    .kind = kind,
	    .language = "de"};
	struct err err = {0};
	int64_t id = 0;

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(package_begin(&h->w, &order, &id, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	return id;
}

static inline enum package_state package_state_is(struct house *h,
						  int64_t request,
						  struct package_view *ret)
{
	struct err err = {0};
	bool found = false;

	assert_int_equal(package_of_request(&h->w, request, ret, &found, &err),
			 0);
	assert_true(found);
	return ret->state;
}

/* One turn of the loop, whatever the clock says. */
static inline int package_turn(struct house *h, bool *ret_moved,
			       struct err *err)
{
	h->w.packages_idle = false;
	*ret_moved = false;
	return package_step(&h->w, ret_moved, err);
}

/* Turns until nothing moves; their number. */
static inline int package_run(struct house *h)
{
	struct err err = {0};
	bool moved = true;
	int turns = 0;

	while (moved && turns < 100000) {
		if (package_turn(h, &moved, &err) != 0) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
		turns++;
	}
	assert_false(moved);
	return turns;
}

static inline size_t package_files(struct house *h)
{
	char path[128];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%s/" PACKAGE_FOLDER, h->dir);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

/* The clear bytes; the caller frees them. */
static inline uint8_t *package_read(struct sealedfile **f, int64_t len)
{
	uint8_t *all = malloc((size_t)len + 1);
	struct err err = {0};
	size_t at = 0, n = 1;

	assert_non_null(all);
	while (n > 0) {
		assert_int_equal(sealedfile_read(*f, all + at,
						 (size_t)len + 1 - at, &n,
						 &err),
				 0);
		at += n;
	}
	assert_int_equal(at, len);
	sealedfile_close(f);
	return all;
}

/* What another implementation says of it: 0. */
static inline int package_check(struct house *h, int64_t id)
{
	struct sealedfile *f = NULL;
	struct err err = {0};
	char path[128], link[PACKAGE_LINK_BYTES];
	int64_t len = 0;
	uint8_t *all;
	pid_t pid;
	FILE *out;
	int rc;

	assert_int_equal(package_link(&h->w, id, link, &err), 0);
	assert_int_equal(packagefile_open(h->dir,
					  link + strlen(PACKAGE_LINK_PATH),
					  worker_now(&h->w), &f, &len, &err),
			 0);
	all = package_read(&f, len);
	(void)snprintf(path, sizeof(path), "%s/clear.zip", h->dir);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_int_equal(fwrite(all, 1, (size_t)len, out), len);
	assert_int_equal(fclose(out), 0);
	free(all);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execlp("python3", "python3", "-B",
			     "tests/sim/packaged.py", path, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &rc, 0), pid);
	if (getenv("KEEP_PACKAGE") != NULL)
		(void)rename(path, getenv("KEEP_PACKAGE"));
	(void)unlink(path);
	return rc;
}

#endif
