// Serves the recommendations of a run: node shop.js runs/shop, then http://localhost:3000/recommend?history=B004,B017&k=5
import { serve } from '@hono/node-server';
import { openRecommender, RunError } from 'difsr';
import { Hono } from 'hono';

const shop = await openRecommender(process.argv[2] ?? 'runs/shop');
const app = new Hono();
app.get('/recommend', async (request) => {
  const { history = '', k = '10' } = request.req.query();
  const ids = history.split(',').filter((id) => id !== '');
  return request.json(await shop.recommend(ids, { k: Number(k) }));
});
app.onError((error, request) => {
  if (error instanceof RunError) return request.json({ error: error.message }, 400);
  console.error(error);
  return request.json({ error: 'this is a defect of the service' }, 500);
});
const server = serve({ fetch: app.fetch, port: Number(process.env['PORT'] ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}`);
});
process.on('SIGTERM', () => server.close(() => void shop.dispose()));
