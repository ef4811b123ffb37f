// The least a server of JSON commands can do: `ws`, parse, answer, and one write for all answers of a turn. No check, no
// order, no limit, no session. Plain JavaScript, as what is deployed. Arguments: a port and a path for a Unix socket.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const [port, socketPath] = process.argv.slice(2);

for (const address of [{ host: '127.0.0.1', port: Number(port) }, { path: socketPath }]) {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (webSocket, { socket }) => {
    let corked = false;
    webSocket.send('{"type":"server_ready"}');
    webSocket.on('message', (text) => {
      const { type, id, cols, rows } = JSON.parse(text);
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(() => {
          corked = false;
          socket.uncork();
        });
      }
      const answer = { type: 'response', id, command: type, success: true, data: { cols, rows, changed: false } };
      webSocket.send(JSON.stringify(answer));
    });
  });
  server.listen(address);
}
