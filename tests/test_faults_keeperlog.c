/* The proof log's signer, killed or failing at every call it makes: it never
 * forgets a tree whose note left it, and always goes on. */
#include <sys/mman.h>

#include "faults.h"
#include "keeper/logsign.h"
#include "keeper_house.h"
#include "postern/log.h"

/* What is done, in this order; how far it came. */
enum { BEFORE, SIGNED_4, ROTATED, SIGNED_9, STEPS };
static const uint64_t sizes[STEPS] = {0, 4, 4, 9};

static struct house house;

/* --- a tree --------------------------------------------------------------- */

static int read_leaves(void *ctx, unsigned int level, uint64_t index,
		       struct merkle_hash *ret, struct err *err)
{
	const uint8_t entry[2] = {(uint8_t)index,
				  ctx != NULL && index == 2 ? 1 : 0};
	struct merkle_hash left, right;

	if (level == 0) {
		merkle_leaf(entry, sizeof(entry), ret);
		return 0;
	}
	if (read_leaves(ctx, level - 1, 2 * index, &left, err) != 0 ||
	    read_leaves(ctx, level - 1, 2 * index + 1, &right, err) != 0)
		return -1;
	merkle_node(&left, &right, ret);
	return 0;
}

/* That of this size, proved against old; fork: another one. */
static struct log_request request(uint64_t old, uint64_t size, bool fork)
{
	struct log_request r = {.size = size};
	void *ctx = fork ? &house : NULL;

	assert_int_equal(merkle_root(size, read_leaves, ctx, &r.root, NULL), 0);
	if (old > 0 && old < size)
		assert_int_equal(
		    merkle_prove_consistency(old, size, read_leaves, ctx,
					     r.proof, &r.proof_len, NULL),
		    0);
	return r;
}

/* --- what is done --------------------------------------------------------- */

/* How far it was answered. */
static void work(volatile int *done)
{
	const struct log_request four = request(0, 4, false);
	const struct log_request nine = request(4, 9, false);
	struct vault *v = NULL;
	struct log_state s;
	struct err err = {0};

	*done = BEFORE;
	if (vault_open(env_system(), house.dir, NULL, &v, &err) == 0 &&
	    vault_unlock(v, "", 0, &err) == 0 &&
	    logkey_sign(v, &four, &s, &err) == 0) {
		*done = SIGNED_4;
		if (logkey_rotate(v, &s, &err) == 0) {
			*done = ROTATED;
			if (logkey_sign(v, &nine, &s, &err) == 0)
				*done = SIGNED_9;
		}
	}
	faults_off();
	vault_close(&v);
}

/* The note of s names its size and is signed by keys that are listed; returns
 * how many. */
static size_t signers(const struct log_state *s)
{
	struct note_key keys[4];
	struct checkpoint c;
	struct note note;
	bool good[4];
	size_t n = 0;

	assert_true(s->keys_len <= 4);
	for (size_t i = 0; i < s->keys_len; i++)
		assert_int_equal(log_key_note(s, i, &keys[i], NULL), 0);
	assert_int_equal(note_parse(s->note, s->note_len, &note, NULL), 0);
	assert_int_equal(note_verify(&note, keys, s->keys_len, good, NULL), 0);
	assert_int_equal(checkpoint_parse(note.text, note.text_len, &c, NULL),
			 0);
	assert_true(c.size == s->size && merkle_equal(&c.root, &s->root));
	for (size_t i = 0; i < s->keys_len; i++)
		n += good[i];
	assert_int_equal(n, note.signatures_len);
	return n;
}

static bool has_row(struct vault *v, size_t key)
{
	uint8_t wrapped[WRAPPED_BYTES];
	char name[LOG_NAME_MAX];
	struct err err = {0};

	log_key_name(key, name);
	return keystore_instance_get(v->store, name, wrapped, &err) == 0;
}

/* Another keeper, with what the first one left. */
static void check(int done)
{
	struct vault *v = house_vault(&house, "");
	struct log_request r;
	struct log_state s;
	struct err err = {0};
	uint64_t size;

	assert_int_equal(logkey_open(v, "", &s, &err), 0);
	size = s.size;
	assert_true(size == 0 || size == 4 || size == 9);
	assert_true(size >= sizes[done]);
	if (done >= ROTATED)
		assert_int_equal(s.keys_len, 2);
	if (size > 0)
		(void)signers(&s);
	/* Nobody can make it sign anything else of a size that it gave. */
	if (size > 0) {
		r = request(0, size, true);
		assert_int_equal(logkey_sign(v, &r, &s, &err), -1);
		assert_int_equal(err.kind, ERR_DENIED);
		r = request(size, 11, true);
		assert_int_equal(logkey_sign(v, &r, &s, &err), -1);
		assert_int_equal(err.kind, ERR_DENIED);
	}
	/* Both of two keys sign once, wherever it was cut off. */
	assert_int_equal(logkey_open(v, "", &s, &err), 0);
	if (s.keys_len == 1)
		assert_int_equal(logkey_rotate(v, &s, &err), 0);
	r = request(size, 9, false);
	assert_int_equal(logkey_sign(v, &r, &s, &err), 0);
	assert_int_equal(signers(&s), 2);
	assert_false(has_row(v, 0));
	assert_true(has_row(v, 1));
	r = request(9, 11, false);
	assert_int_equal(logkey_sign(v, &r, &s, &err), 0);
	assert_int_equal(signers(&s), 1);
	vault_close(&v);
}

/* --- failing and killed --------------------------------------------------- */

static void fails(unsigned int kind, int code)
{
	uint64_t n;

	faults.struck = true;
	for (n = 1; faults.struck; n++) {
		int done = BEFORE;

		faults_off();
		house_init(&house, "");
		assert_true(faults_arm(kind, n, code));
		work(&done);
		faults_off();
		check(done);
		house_close(&house);
	}
	assert_true(n > 10);
}

static void a_tree_that_was_signed_outlives_a_failing_store(void **state)
{
	(void)state;
	fails(FAULT_SQLITE, EIO);
}

static void it_outlives_a_lack_of_memory(void **state)
{
	(void)state;
	fails(FAULT_MEMORY, ENOMEM);
}

/* Its answers reach the parent as they are given. */
static int killed(uint64_t n, bool *ret_struck)
{
	int *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, ret;
	pid_t pid;

	assert_true(done != MAP_FAILED);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		faults.struck = true;
		(void)faults_arm(FAULT_SQLITE | FAULT_FILES, n, EIO);
		faults.ends = true;
		work(done);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	*ret_struck = WEXITSTATUS(status) == FAULT_ENDED;
	ret = *done;
	(void)munmap(done, sizeof(*done));
	return ret;
}

static void it_outlives_a_kill_at_every_call(void **state)
{
	bool struck = true;
	uint64_t n;

	(void)state;
	for (n = 1; struck; n++) {
		int done;

		house_init(&house, "");
		done = killed(n, &struck);
		check(done);
		house_close(&house);
	}
	assert_true(n > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_tree_that_was_signed_outlives_a_failing_store),
	    cmocka_unit_test(it_outlives_a_lack_of_memory),
	    cmocka_unit_test(it_outlives_a_kill_at_every_call),
	};

	if (sodium_init() < 0)
		return 1;
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
