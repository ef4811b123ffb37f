// The terminal server of every tutorial: node-pty's data events go straight into `ws`. Plain JavaScript, so that its
// memory is not that of a TypeScript loader. The first message names the command, the rest is input.
import { spawn } from 'node-pty';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), perMessageDeflate: false });

server.on('connection', (socket) => {
  socket.once('message', (first) => {
    const [command, ...args] = JSON.parse(first.toString());
    const terminal = spawn(command, args, { name: 'xterm-256color', cols: 80, rows: 24, encoding: null });
    terminal.onData((chunk) => socket.send(chunk));
    terminal.onExit(() => socket.close());
    socket.on('message', (input) => terminal.write(input));
    socket.on('close', () => {
      try {
        terminal.kill();
      } catch {
        // It has ended already.
      }
    });
  });
});
