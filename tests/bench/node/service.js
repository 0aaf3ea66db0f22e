'use strict'
// The same job as a Node service: verify the HMAC over the raw body, parse,
// seal, insert, sync, answer.  Written as one would write it well: prepared
// statement, keyed by rowid, WAL, synchronous=FULL.
//
//   node service.js PORT SECRET-FILE DB group|single
//
// group: inserts that arrive in one turn of the event loop share a commit, and
// nobody is answered before it.
const crypto = require('node:crypto')
const fs = require('node:fs')
const Database = require('better-sqlite3')
const sodium = require('sodium-native')
const fastify = require('fastify')({ logger: false, bodyLimit: 1 << 20 })

const [port, secretFile, file, mode] = process.argv.slice(2)
const secret = fs.readFileSync(secretFile, 'utf8').trim()
const db = new Database(file)
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.exec('CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY,' +
  ' wamid TEXT, at INTEGER, sealed BLOB NOT NULL)')
const insert = db.prepare(
  'INSERT INTO message (wamid, at, sealed) VALUES (?, ?, ?)')
const key = Buffer.alloc(sodium.crypto_aead_xchacha20poly1305_ietf_KEYBYTES)
sodium.randombytes_buf(key)

function authentic (header, body) {
  const mac = crypto.createHmac('sha256', secret).update(body).digest()
  const given = Buffer.from(String(header || '').slice(7), 'hex')
  return given.length === mac.length && crypto.timingSafeEqual(given, mac)
}

function seal (body) {
  const nonce = Buffer.allocUnsafe(
    sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
  const box = Buffer.allocUnsafe(
    body.length + sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES)
  sodium.randombytes_buf(nonce)
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    box, body, null, null, nonce, key)
  return Buffer.concat([nonce, box])
}

let waiting = []
const commit = db.transaction(rows => { for (const r of rows) insert.run(...r) })

function flush () {
  const group = waiting
  waiting = []
  try {
    commit(group.map(w => w.row))
    for (const w of group) w.done()
  } catch (e) {
    for (const w of group) w.fail(e)
  }
}

function store (row) {
  if (mode === 'single') {
    insert.run(...row)
    return null
  }
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) setImmediate(flush)
    waiting.push({ row, done: resolve, fail: reject })
  })
}

fastify.addContentTypeParser('application/json', { parseAs: 'buffer' },
  (request, body, done) => done(null, body))
fastify.post('/*', async (request, reply) => {
  const body = request.body
  if (!authentic(request.headers['x-hub-signature-256'], body)) {
    return reply.code(401).send()
  }
  const m = JSON.parse(body).entry[0].changes[0].value.messages[0]
  await store([m.id, Number(m.timestamp), seal(body)])
  return reply.code(200).send()
})
setTimeout(() => process.exit(0), 1800 * 1000).unref()
process.on('SIGTERM', () => process.exit(0))
fastify.listen({ port: Number(port), host: '127.0.0.1' })
