// An origin for the tests in node.rs: `node origin.js plain|tls OPTIONS ANSWER`, with a listening socket as standard input.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');

const [port, options, answer] = process.argv.slice(2);

const answers = {
  fine: (_, response) => response.end('ok\n'),
  error: (_, response) => response.writeHead(500).end('TypeError\n'),
  silent: () => {},
  destroyed: (request) => request.socket.destroy(),
  oversized: (_, response) => response.setHeader('X-Debug', 'x'.repeat(33_000)).end(),
  truncated: (request, response) => {
    response.setHeader('Content-Length', '100');
    response.write('short', () => request.socket.end());
  },
};

function server() {
  if (answer === 'silent-port') {
    return net.createServer();
  }
  if (port === 'plain') {
    return http.createServer(answers[answer]);
  }
  const files = { key: 'key.pem', cert: 'fullchain.pem', ca: 'clients.pem' };
  const contents = Object.entries(files).map(([name, file]) => [name, fs.readFileSync(file)]);
  const settings = { ...Object.fromEntries(contents), ...JSON.parse(options) };
  if (answer === 'http2-only') {
    return http2.createSecureServer(settings, answers.fine).on('unknownProtocol', (socket) => socket.destroy());
  }
  return https.createServer(settings, answers[answer]);
}

server().listen({ fd: 0 }, () => console.log('listening'));
