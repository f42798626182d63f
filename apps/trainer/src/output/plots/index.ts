// The plots of data stats, which bring ECharts along: imported when somebody asks for a drawing.
export { statisticsCharts } from './charts.js';
export { renderPage } from './page.js';
export { renderChart } from './render.js';
