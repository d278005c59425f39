// Calls each address in a step of its own: a step fails unless the answer's status is well and it holds the text, in time.
// Redirects are not followed. Addresses are data, and their parameters come from the environment: nothing in them is run.
const http = require('http');
const https = require('https');

const filled = (parts) => parts.map((part) => (typeof part === 'string' ? part : process.env[part.env])).join('');

const called = (check) =>
  new Promise((resolve, reject) => {
    const url = new URL(filled(check.url));
    const headers = { 'user-agent': synthetics.getCanaryUserAgentString() };
    for (const [name, parts] of Object.entries(check.headers)) headers[name.toLowerCase()] = filled(parts);
    const client = url.protocol === 'https:' ? https : http;
    const request = client.request(url, { method: check.method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (part) => {
        if (check.contains) text += part;
      });
      response.on('end', () => {
        const code = response.statusCode;
        if (!check.status.some(([first, last]) => first <= code && code <= last)) {
          reject(new Error('status ' + code));
        } else if (check.contains && !text.includes(filled(check.contains))) {
          reject(new Error('the answer does not hold the text'));
        } else {
          resolve();
        }
      });
    });
    const timer = setTimeout(() => {
      reject(new Error('no answer within ' + check.timeout + ' ms'));
      request.destroy();
    }, check.timeout);
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
    request.end();
  });

exports.handler = async () => {
  const failed = [];
  for (const check of checks) {
    try {
      await synthetics.executeStep(check.step, () => called(check), quiet);
    } catch (error) {
      failed.push(check.step + ': ' + error.message);
    }
  }
  if (failed.length) throw new Error(failed.join('; '));
};
